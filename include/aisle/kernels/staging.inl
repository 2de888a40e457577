// The left operand on its way into a product: the one place where it is read. A kernel of format in_place
// takes row pointers and nothing is copied; any other has rows copied into its scratch in its own format, a
// block of rows at a time. A step that changes rows on the way (a norm) belongs behind gather_row.

/// Where M rows from `row` begin in one run of A; those past `last` repeat it.
template <class T, int M>
struct whole_rows {
  const T* at[M];

  AISLE_ALWAYS_INLINE whole_rows(const gemm_rows<T>& a, std::int64_t row, std::int64_t last, std::int64_t k) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) at[m] = a.data + (row + m < last ? row + m : last) * a.stride + k;
  }
};

/// The same for rows of several runs.
template <class T, int M>
struct window_rows {
  const T* at[M];
  const T* item[M];
  const std::int32_t* offsets[M];

  AISLE_ALWAYS_INLINE window_rows(const gemm_rows<T>& a, std::int64_t row, std::int64_t last) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      const std::int64_t r = row + m < last ? row + m : last, i = r / a.rows_per_item;
      item[m] = a.data + i * a.item_stride;
      offsets[m] = a.offsets + (r - i * a.rows_per_item) * a.taps;
    }
  }
  AISLE_ALWAYS_INLINE void to_run(std::int64_t t, const T* zeros) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) at[m] = offsets[m][t] < 0 ? zeros : item[m] + offsets[m][t];
  }
};

/// Row `r` of A in one piece.
inline void gather_row(const gemm_rows<float>& a, std::int64_t r, std::int64_t k, float* out) noexcept {
  if (!a.offsets) {
    __builtin_memcpy(out, a.data + r * a.stride, static_cast<std::size_t>(k) * sizeof(float));
    return;
  }
  window_rows<float, 1> row(a, r, r);
  for (std::int64_t t = 0; t < a.taps; ++t) {
    row.to_run(t, a.zeros);
    __builtin_memcpy(out + t * a.run, row.at[0], static_cast<std::size_t>(a.run) * sizeof(float));
  }
}
