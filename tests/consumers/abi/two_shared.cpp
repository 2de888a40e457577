extern "C" int all_tables();
extern "C" int few_tables();

// Each shared object has the tables it was built with, whatever the dynamic linker found first.
int main() { return all_tables() == 4 && few_tables() == 2 ? 0 : 1; }
