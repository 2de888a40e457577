// Winograd F(2x2, 3x3) (Lavin, Gray 2015): a 4 x 4 input tile gives 2 x 2 outputs of a 3x3 convolution with
// 16 products per channel pair instead of 36. These are its two transforms; the 16 products are ordinary
// GEMMs between them.

/// V[i][tile][channel] = (B^T d B)[i] for tiles [tile_begin, tile_end) of one image with zero padding.
inline void winograd_input_kernel(const winograd_block& w) noexcept {
  const std::int64_t tiles_x = (w.out_w + 1) / 2, plane = w.tiles * w.channels;
  for (std::int64_t t = w.tile_begin; t < w.tile_end; ++t) {
    const std::int64_t y0 = t / tiles_x * 2 - w.pad, x0 = t % tiles_x * 2 - w.pad;
    for (std::int64_t c = 0; c < w.channels; c += vec::size) {
      const int n = w.channels - c < vec::size ? static_cast<int>(w.channels - c) : vec::size;
      vec d[4][4], r[4][4];
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) {
          const std::int64_t y = y0 + i, x = x0 + j;
          const bool inside = y >= 0 && y < w.h && x >= 0 && x < w.w;
          d[i][j] = inside ? vec::load_n(w.x + (y * w.w + x) * w.x_stride + c, n) : vec::zero();
        }
      for (int j = 0; j < 4; ++j) {
        r[0][j] = d[0][j] - d[2][j];
        r[1][j] = d[1][j] + d[2][j];
        r[2][j] = d[2][j] - d[1][j];
        r[3][j] = d[1][j] - d[3][j];
      }
      float* out = w.transformed + t * w.channels + c;
      for (int i = 0; i < 4; ++i) {
        (r[i][0] - r[i][2]).store_n(out + (i * 4 + 0) * plane, n);
        (r[i][1] + r[i][2]).store_n(out + (i * 4 + 1) * plane, n);
        (r[i][2] - r[i][1]).store_n(out + (i * 4 + 2) * plane, n);
        (r[i][1] - r[i][3]).store_n(out + (i * 4 + 3) * plane, n);
      }
    }
  }
}

/// y = activation(A^T M A + bias + residual) for the same tiles; M has the layout of V with the output's
/// channels.
inline void winograd_output_kernel(const winograd_block& w) noexcept {
  const std::int64_t tiles_x = (w.out_w + 1) / 2, plane = w.tiles * w.channels;
  for (std::int64_t t = w.tile_begin; t < w.tile_end; ++t) {
    const std::int64_t y0 = t / tiles_x * 2, x0 = t % tiles_x * 2;
    for (std::int64_t c = 0; c < w.channels; c += vec::size) {
      const int n = w.channels - c < vec::size ? static_cast<int>(w.channels - c) : vec::size;
      const float* m = w.transformed + t * w.channels + c;
      vec r[2][4];
      for (int j = 0; j < 4; ++j) {
        const vec m0 = vec::load_n(m + (0 + j) * plane, n), m1 = vec::load_n(m + (4 + j) * plane, n);
        const vec m2 = vec::load_n(m + (8 + j) * plane, n), m3 = vec::load_n(m + (12 + j) * plane, n);
        r[0][j] = m0 + m1 + m2;
        r[1][j] = m1 - m2 - m3;
      }
      const vec bias = w.epilogue.bias ? vec::load_n(w.epilogue.bias + c, n) : vec::zero();
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) {
          if (y0 + i >= w.out_h || x0 + j >= w.out_w) continue;
          const std::int64_t pixel = (y0 + i) * w.out_w + x0 + j;
          vec v = j == 0 ? r[i][0] + r[i][1] + r[i][2] : r[i][1] - r[i][2] - r[i][3];
          v = v + bias;
          if (w.epilogue.residual)
            v = v + vec::load_n(w.epilogue.residual + pixel * w.epilogue.residual_stride + c, n);
          activate(v, w.epilogue.act).store_n(w.y + pixel * w.y_stride + c, n);
        }
    }
  }
}
