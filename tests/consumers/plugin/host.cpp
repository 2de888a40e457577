#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

// host PLUGIN: loads it, lets it work, unloads it, and forks, three times.
int main(int, char** argv) {
  for (int round = 0; round < 3; ++round) {
    void* const plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) return std::puts(dlerror()), 1;
    if (reinterpret_cast<int (*)()>(dlsym(plugin, "work"))() != 1000) return std::puts("wrong"), 1;
    dlclose(plugin);
    usleep(50000);  // threads that were left would run on in code that is gone
    if (fork() == 0) _exit(0);
    int status = -1;
    wait(&status);
    if (status != 0) return std::puts("the child failed"), 1;
  }
  return 0;
}
