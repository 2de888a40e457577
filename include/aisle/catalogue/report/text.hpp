#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>

// Text of the reports: what comes from a catalogue is escaped, numbers look the same in every locale.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Valid UTF-8 without control characters: each of these becomes a space, so does a line break.
std::string one_line(std::string_view text);
/// At most `limit` code points of one line, "…" for the rest.
std::string shortened(std::string_view text, std::size_t limit);

/// For text and for attribute values in HTML, SVG and XML.
std::string escape_html(std::string_view text);
/// For Markdown in running text and table cells, not at the start of a line.
std::string escape_markdown(std::string_view text);

/// "12.30" for fixed(12.3, 2); "–" for what is not finite.
std::string fixed(double value, int digits);
/// "1,234,567"
std::string grouped(std::int64_t value);
/// "0.42 s", "12.3 s", "4 min 05 s", "2 h 03 min"
std::string duration(double seconds);
/// What became of the rows, in a sentence or two; reasons are passed through `escape`.
std::string usage_text(const experiment_result& result, std::string (*escape)(std::string_view));
/// "93.1 ± 0.4", or "93.1" without a deviation (one split).
std::string with_deviation(double mean, double deviation, bool several);
std::string base64(std::string_view bytes);

/// "logistic_regression" -> "Logistic regression"
std::string model_title(std::string_view model);
/// "multimodal" -> "Text + image"
std::string modality_title(std::string_view modality);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/text.ipp>
#endif
