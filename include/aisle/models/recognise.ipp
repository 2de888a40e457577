#pragma once

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/models/family.ipp>
#include <aisle/models/recognise.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

AISLE_API std::string where_of(const state_dict& checkpoint) {
  return checkpoint.path().empty() ? "checkpoint" : checkpoint.path();
}

AISLE_API bool same_elements(const state_dict::entry& a, const state_dict::entry& b) {
  if (a.type != b.type || a.dims != b.dims || a.file != b.file || a.strides != b.strides) return false;
  return a.file ? a.offset == b.offset : a.memory.bytes().data() == b.memory.bytes().data();
}

/// Whether everything behind the prefix `a` lies behind `b` too, in the same memory.
AISLE_API bool same_network(const state_dict& checkpoint, const std::string& a, const std::string& b) {
  for (const state_dict::entry& e : checkpoint.entries()) {
    if (!e.name.starts_with(a) || (!b.empty() && b.starts_with(a) && e.name.starts_with(b))) continue;
    const state_dict::entry* twin = checkpoint.find(b + e.name.substr(a.size()));
    if (twin == nullptr || !same_elements(e, *twin)) return false;
  }
  return true;
}

/// "'encoder_q.' (resnet) and 'encoder_k.' (resnet)"
AISLE_API std::string list_prefixes(const std::vector<recognised>& found) {
  std::string out;
  for (std::size_t i = 0; i < found.size(); ++i)
    out += (i == 0                  ? ""
            : i + 1 == found.size() ? " and "
                                    : ", ") +
           ("'" + found[i].match.prefix + "' (" + std::string(found[i].of->name) + ")");
  return out;
}

/// Where all but one of a family's telling tensors are there: which is missing, under the name it would have.
AISLE_API std::string missing_tensor(const state_dict& checkpoint, const family& f) {
  for (std::size_t k = 0; f.signature.size() > 2 && k < f.signature.size(); ++k) {
    std::vector<std::string> others = f.signature;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
    for (const key_match& match : match_keys(checkpoint, f.schemes, others, f.head))
      return match.key_of(f.signature[k]);
  }
  return {};
}

[[noreturn]] AISLE_API void throw_unknown(const state_dict& checkpoint,
                                          std::span<const family* const> families) {
  if (ranges::all_of(families, [](const family* f) { return f->text; }))
    for (const state_dict::entry& e : checkpoint.entries())
      if (e.dims.rank() == 4)  // a convolution's weights, or those that cut a picture into patches
        throw option_error(where_of(checkpoint) + ": holds a model of pictures ('" + e.name + "' " +
                           to_string(e.dims) + "), expected one of text");
  for (const family* f : families)
    if (const std::string missing = missing_tensor(checkpoint, *f); !missing.empty())
      throw tensor_error(where_of(checkpoint) + ": no tensor '" + missing + "', which a network " +
                         std::string(f->name) +
                         " has; what else tells it is there: this is another network, or it is damaged");
  std::string tried, names;
  for (const family* f : families)
    tried += (tried.empty() ? "'" : ", '") + key_for(f->schemes[0], f->signature[0]) + "' (" +
             std::string(f->name) + ")";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, checkpoint.size()); ++i)
    names += (i ? ", '" : "'") + checkpoint.entries()[i].name + "'";
  throw format_error(where_of(checkpoint),
                     "these weights are of no architecture that is built in: none of the tensors " + tried +
                         ", under any scheme and behind any prefix; found " +
                         counted(static_cast<std::int64_t>(checkpoint.size()), "tensor") +
                         (names.empty() ? "" : " such as " + names));
}

}  // namespace detail

namespace detail {

/// All networks, under any scheme and behind any prefix.
AISLE_API std::vector<recognised> find_networks(const state_dict& checkpoint,
                                                std::span<const family* const> families) {
  std::vector<recognised> found;
  for (const family* f : families)
    for (key_match& match : match_keys(checkpoint, f->schemes, f->signature, f->head))
      if (ranges::none_of(found, [&](const recognised& r) {
            return r.match.prefix == match.prefix ||
                   detail::same_network(checkpoint, r.match.prefix, match.prefix);
          }))
        found.push_back({f, std::move(match)});
  return found;
}

}  // namespace detail

AISLE_API recognised recognise(const state_dict& checkpoint, std::span<const family* const> families) {
  std::vector<recognised> found = detail::find_networks(checkpoint, families);
  const auto yields = [](const recognised& r) { return r.of->yields; };
  if (!ranges::all_of(found, yields)) std::erase_if(found, yields);
  if (found.empty()) detail::throw_unknown(checkpoint, families);
  if (found.size() > 1)
    throw format_error(detail::where_of(checkpoint),
                       "holds " + std::to_string(found.size()) + " networks, behind the prefixes " +
                           detail::list_prefixes(found) +
                           "; expected one: keep the tensors behind one of them (`aisle weights convert "
                           "--prefix " +
                           found.back().match.prefix + "` writes them to a file of their own)");
  const std::string& prefix = found[0].match.prefix;
  for (const std::string_view other : found[0].of->other_prefixes)
    if (prefix == other || prefix.ends_with("." + std::string(other)))
      throw format_error(detail::where_of(checkpoint),
                         "names its tensors '" + prefix + "…', as another network than " +
                             std::string(found[0].of->name) +
                             " does: it has the same tensors and computes something else");
  return std::move(found[0]);
}

AISLE_API std::optional<state_dict> without_wrappers(const state_dict& checkpoint,
                                                     std::span<const family* const> families) {
  constexpr std::string_view marks[] = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
                                        "_fpw_module"};
  std::unordered_set<std::string> prefixes, names;
  std::vector<std::string_view> seen;
  std::int64_t count = 0;
  bool all_differ = true;
  const auto bare = [&](const std::string& name) {
    std::string out;
    std::size_t behind = 0;  // the last mark
    for (std::size_t at = 0, dot = 0; dot != name.npos; at = dot + 1) {
      dot = name.find('.', at);
      const std::string_view part = std::string_view(name).substr(at, dot == name.npos ? dot : dot - at);
      const auto mark = dot == name.npos ? std::end(marks) : ranges::find(marks, part);
      if (mark == std::end(marks)) {
        out += part;
        if (dot != name.npos) out += '.';
        continue;
      }
      behind = dot + 1;
      if (ranges::find(seen, *mark) == seen.end()) seen.push_back(*mark);
    }
    if (behind > 0) prefixes.insert(name.substr(0, behind)), ++count;
    return out;
  };
  for (const state_dict::entry& e : checkpoint.entries()) all_differ &= names.insert(bare(e.name)).second;
  if (count == 0 || !all_differ) return std::nullopt;
  if (prefixes.size() == 1)
    for (const recognised& network : detail::find_networks(checkpoint, families))
      if (network.match.prefix.starts_with(*prefixes.begin())) return std::nullopt;
  std::string within;
  for (const std::string_view mark : seen)
    within += (within.empty() ? "'" : ", '") + std::string(mark) + ".'";
  within += " within " + counted(count, "name");
  state_dict out = checkpoint.renamed(bare);
  state_dict::wrapping wrapping = checkpoint.wrapped_in();
  wrapping.within = std::move(within);
  out.set_wrapping(std::move(wrapping));
  return out;
}

AISLE_API std::string note_on(const state_dict& checkpoint, const recognised& network, const nn::graph& g) {
  std::vector<std::string> parts;
  const state_dict::wrapping& wrapping = checkpoint.wrapped_in();
  if (!wrapping.passed_over.empty()) {
    std::string others;
    for (const std::string& key : wrapping.passed_over) others += (others.empty() ? "'" : ", '") + key + "'";
    parts.push_back("takes '" + wrapping.container + "', not " + others);
  }
  const std::string& prefix = network.match.prefix;
  const auto& published = network.of->prefixes;
  const bool usual = wrapping.prefix.empty() && ranges::find(published, prefix) != published.end();
  if (!usual) {
    const auto behind = ranges::count_if(
        checkpoint.entries(), [&](const state_dict::entry& e) { return e.name.starts_with(prefix); });
    parts.push_back("drops '" + wrapping.prefix + prefix + "' in front of " + counted(behind, "name"));
  }
  if (!wrapping.within.empty()) parts.push_back("drops " + wrapping.within);
  // Publishers put heads beside their networks too; of those that the family knows nothing is to be said.
  const auto is_known_head = [&](const std::string& name) {
    return usual &&
           ranges::any_of(network.of->unread, [&](std::string_view head) { return name.starts_with(head); });
  };
  std::unordered_set<std::string> read;
  for (const std::string& name : parameters_of(g)) read.insert(network.match.key_of(name));
  std::string beside;
  int count = 0;
  for (const state_dict::entry& e : checkpoint.entries())
    if (!e.name.starts_with(prefix) && !read.contains(e.name) && !is_known_head(e.name) && ++count <= 3)
      beside += (count > 1 ? ", '" : "'") + e.name + "'";
  if (count > 0)
    parts.push_back("does not read " + counted(count, "tensor") + " beside " +
                    (usual ? "those behind '" + prefix + "'" : "them") + " (" + beside +
                    (count > 3 ? ", …)" : ")"));
  parts.insert(parts.end(), g.notes.begin(), g.notes.end());
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

}  // namespace models
AISLE_NAMESPACE_END
