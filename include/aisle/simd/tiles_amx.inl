// AMX tile registers: four accumulators (0..3), two tiles of A (4, 5), two of B (6, 7).

struct amx_tiles {
  // GCC 12 declares only the first 8 bytes of the configuration, and nothing of what a tile load reads, as
  // inputs: what was stored before must be in memory.
  static AISLE_ALWAYS_INLINE void commit_stores() { __asm__ volatile("" ::: "memory"); }
  static AISLE_ALWAYS_INLINE void configure() {
    struct alignas(64) {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {};
      std::uint8_t rows[16] = {};
    } config;
    for (int i = 0; i < 8; ++i) {
      config.row_bytes[i] = 64;
      config.rows[i] = 16;
    }
    commit_stores();
    _tile_loadconfig(&config);
  }
  static AISLE_ALWAYS_INLINE void release() { _tile_release(); }
  AISLE_ALWAYS_INLINE void clear() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  AISLE_ALWAYS_INLINE void step(const std::uint16_t* a0, const std::uint16_t* a1, const std::uint16_t* b0,
                                const std::uint16_t* b1) {
    commit_stores();
    _tile_loadd(4, a0, 64);
    _tile_loadd(5, a1, 64);
    _tile_loadd(6, b0, 64);
    _tile_loadd(7, b1, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  AISLE_ALWAYS_INLINE void read(float* out) const {
    _tile_stored(0, out, 64);
    _tile_stored(1, out + 256, 64);
    _tile_stored(2, out + 512, 64);
    _tile_stored(3, out + 768, 64);
  }
};
