#pragma once

#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "materials.hpp"

// The texts of the catalogue: a grammar with the vocabulary of each class. Some rows say plainly what they
// sell, some are terse, some name another thing ("a mug to watch the sunrise with"), as shops do.

namespace catalogue {

using words = std::vector<std::string_view>;

struct colour_name {
  std::string_view name;
  rgba value;
};
inline const std::vector<colour_name>& colours() {
  static const std::vector<colour_name> list = {
      {"white", {0.94, 0.94, 0.92}},        {"ivory", {0.93, 0.89, 0.79}},
      {"sand", {0.83, 0.73, 0.57}},         {"charcoal", {0.24, 0.25, 0.28}},
      {"black", {0.13, 0.13, 0.14}},        {"slate grey", {0.45, 0.49, 0.54}},
      {"navy", {0.13, 0.20, 0.40}},         {"sky blue", {0.52, 0.72, 0.88}},
      {"cobalt", {0.15, 0.33, 0.72}},       {"teal", {0.10, 0.48, 0.50}},
      {"mint", {0.66, 0.86, 0.74}},         {"sage", {0.58, 0.66, 0.52}},
      {"bottle green", {0.10, 0.34, 0.24}}, {"olive", {0.44, 0.45, 0.22}},
      {"mustard", {0.86, 0.66, 0.18}},      {"lemon", {0.95, 0.86, 0.42}},
      {"terracotta", {0.78, 0.42, 0.29}},   {"coral", {0.93, 0.48, 0.42}},
      {"brick red", {0.68, 0.21, 0.17}},    {"burgundy", {0.45, 0.11, 0.20}},
      {"blush", {0.92, 0.74, 0.73}},        {"lilac", {0.74, 0.66, 0.85}},
      {"plum", {0.40, 0.22, 0.42}},         {"chestnut", {0.48, 0.29, 0.18}}};
  return list;
}

/// What is said of one class. `crossed` names say other classes' words; `hints` never name the thing itself.
struct vocabulary {
  std::string_view name;
  int rows;
  int cheapest, dearest;     ///< prices
  words subclasses;          ///< one for each kind that the class's drawing knows
  std::vector<words> nouns;  ///< for each subclass
  words materials, features, uses, hints, crossed;
};

inline const std::vector<vocabulary>& vocabularies() {
  static const std::vector<vocabulary> list = {
      {"Mugs",
       60,
       6,
       32,
       {"Coffee mugs", "Travel mugs", "Espresso cups"},
       {{"mug", "coffee mug", "tea mug", "breakfast cup"},
        {"travel mug", "tumbler", "commuter cup"},
        {"espresso cup", "cup and saucer"}},
       {"stoneware", "porcelain", "enamel", "bone china", "glazed ceramic"},
       {"a wide handle", "a speckled glaze", "a hand-painted rim", "a snug lid",
        "a thick wall that keeps heat in", "an unglazed foot"},
       {"slow mornings", "the first coffee of the day", "tea in the garden", "long meetings",
        "cocoa by the fire"},
       {"Holds 350 ml and goes in the dishwasher.",
        "Microwave safe. Each glaze comes out of the kiln a little different.",
        "Stays warm until the last sip.", "Good company for a pot of tea."},
       {"Watch the Sunrise, 350 ml", "Desk Lamp Glow, hand glazed", "Reading Chair, tall",
        "Notebook & Pencil print, stoneware", "Backpacker enamel, camp ready",
        "Garden Pot glaze, terracotta look", "Running Late, large"}},
      {"T-shirts",
       52,
       9,
       45,
       {"Crew necks", "V-necks", "Long sleeves", "Folded basics"},
       {{"T-shirt", "crew neck tee", "graphic tee", "cotton tee"},
        {"V-neck tee", "V-neck T-shirt"},
        {"long-sleeved T-shirt", "long-sleeve tee", "jersey top"},
        {"basic tee", "T-shirt", "everyday tee"}},
       {"organic cotton", "combed cotton", "jersey", "slub cotton", "hemp blend", "recycled cotton"},
       {"a relaxed fit", "a ribbed collar", "a dropped shoulder", "double-stitched hems", "a printed chest",
        "a tagless neck"},
       {"weekends", "layering", "summer evenings", "the gym and after", "every day of the week"},
       {"Sizes XS to XXL. Machine wash cold.", "True to size; soft from the first wash.",
        "Garment dyed, so every piece is a little different.",
        "Fits close at the shoulder, easy at the hem."},
       {"But First, Coffee Mug print", "Lamp Post, city series, M", "Campfire Kettle & Cup, L",
        "Cactus in a Pot, unisex", "Aviator Sunglasses Cat, S", "Armchair Traveller, regular fit",
        "Message in a Bottle print, XL"}},
      {"Lamps",
       44,
       19,
       180,
       {"Table lamps", "Desk lamps", "Pendant lamps", "Floor lamps"},
       {{"table lamp", "bedside lamp", "lamp"},
        {"desk lamp", "reading lamp", "task light"},
        {"pendant lamp", "pendant light", "hanging light"},
        {"floor lamp", "standard lamp"}},
       {"brushed brass", "linen", "turned oak", "ceramic", "powder-coated steel", "smoked glass"},
       {"a dimmable bulb", "a fabric cable", "a linen shade", "a weighted base", "a swivelling head",
        "a foot switch"},
       {"late reading", "a dark corner", "the bedside", "the dining table", "drawing and homework"},
       {"E27, up to 40 W, bulb not included.", "Warm 2700 K light, three steps of brightness.",
        "Cable 1.8 m with a switch halfway.", "Casts a soft pool over the table."},
       {"Ginger Jar, ceramic base", "Wine Bottle base, linen top", "Mushroom, opal glass",
        "Chairside, brass arm", "Watchmaker, jointed arm", "Bucket, hanging, enamel",
        "Notebook Nook, clip-on"}},
      {"Backpacks",
       38,
       25,
       160,
       {"Daypacks", "Rolltop packs", "Small packs"},
       {{"backpack", "daypack", "school backpack", "rucksack"},
        {"rolltop backpack", "cycling pack", "rucksack"},
        {"mini backpack", "kids' backpack"}},
       {"waxed canvas", "ripstop nylon", "recycled polyester", "cordura", "coated cotton"},
       {"a padded laptop sleeve", "two bottle pockets", "a hidden back pocket", "a chest strap",
        "water-resistant zips", "leather pulls"},
       {"the school run", "weekend trips", "the daily commute", "carry-on only travel", "short hikes"},
       {"20 litres; fits a 15-inch laptop.", "Padded straps, breathable back panel.",
        "Shrugs off a shower, fits under the seat.", "Plenty of pockets and one you will not find at first."},
       {"Bottle Pocket 20 L", "Laptop & Notebook carrier, 16 L", "Lamplighter 25, reflective",
        "Trail Runner's 10 L", "Chair Hook, commuter", "Two-Bottle Tourer, waxed",
        "Headphone Port city 18 L"}},
      {"Headphones",
       34,
       19,
       320,
       {"Over-ear", "On-ear", "Earbuds"},
       {{"over-ear headphones", "headphones", "wireless headphones"},
        {"on-ear headphones", "headphones", "wired headphones"},
        {"earbuds", "wireless earbuds", "in-ear headphones"}},
       {"matte aluminium", "soft-touch plastic", "walnut", "memory foam", "protein leather"},
       {"active noise cancelling", "a 30-hour battery", "a folding headband", "a detachable cable",
        "a built-in microphone", "two device pairing"},
       {"open-plan offices", "long flights", "podcasts on the bus", "home studios", "workouts"},
       {"40 mm drivers, 20 Hz to 20 kHz.", "Charges by USB-C; ten minutes give five hours.",
        "Deep bass without the boom.", "Hear the room when you want to."},
       {"Runner's Companion, sweat proof", "Armchair Listener, walnut", "Sunglass-friendly fit, slim clamp",
        "Backpack Edition, with hard case", "Quiet Cup 700", "Night Desk, closed back",
        "Pocket Watch, clip case"}},
      {"Running shoes",
       30,
       49,
       190,
       {"Road shoes", "Trail shoes", "Lightweight trainers"},
       {{"running shoes", "road running shoes", "trainers"},
        {"trail running shoes", "trail shoes"},
        {"lightweight trainers", "running shoes", "racing flats"}},
       {"engineered mesh", "knit", "recycled mesh", "rubber and foam"},
       {"a cushioned midsole", "a rockered sole", "a wide toe box", "a lugged outsole", "reflective details",
        "an 8 mm drop"},
       {"long Sundays", "tempo days", "muddy paths", "first five kilometres", "marathon training"},
       {"8 mm drop, 250 g in size 42.", "Springy underfoot and breathable on top.",
        "Grips wet rock and sheds mud.", "Go up half a size if in doubt."},
       {"Watch Your Step 2", "Water Bottle Loop trainer", "Lampless Night, reflective", "T-Line knit 3",
        "Pot Hole Hopper GTX", "Backcountry Pack 12 km"}},
      {"Wristwatches",
       26,
       29,
       420,
       {"Analogue watches", "Digital watches", "Dress watches"},
       {{"watch", "wristwatch", "automatic watch"},
        {"digital watch", "sports watch", "smartwatch"},
        {"dress watch", "slim watch", "watch"}},
       {"stainless steel", "sapphire glass", "vegetable-tanned leather", "silicone", "titanium"},
       {"a quick-release strap", "a luminous dial", "a date window", "50 m water resistance", "a stopwatch",
        "a domed crystal"},
       {"the office", "swimming", "every wrist", "interval training", "special evenings"},
       {"38 mm case, 20 mm strap, Japanese movement.", "Keeps time to ten seconds a month.",
        "Five-year battery, 50 m.", "Thin enough to slip under a cuff."},
       {"Pilot's Lamp, luminous", "Runner 3, heart rate", "Bottle-green sunburst, 38 mm",
        "Library Chair, tan strap", "Coffee dial, automatic"}},
      {"Chairs",
       22,
       39,
       390,
       {"Dining chairs", "Stools", "Office chairs"},
       {{"chair", "dining chair", "kitchen chair"},
        {"stool", "bar stool"},
        {"office chair", "desk chair", "swivel chair"}},
       {"solid oak", "moulded plywood", "beech", "bouclé", "velvet", "powder-coated steel"},
       {"a curved back", "a woven seat", "tapered legs", "a gas lift", "adjustable arms", "felt feet"},
       {"small kitchens", "long dinners", "the home office", "reading corners"},
       {"Seat height 45 cm, carries 120 kg.", "Comes in two parts; ten minutes with the key supplied.",
        "Stacks four high.", "Sits well for hours."},
       {"Lamp Room, oak", "Backpacker's Rest, folding", "Tea for Two, set of two", "Notebook Corner, swivel",
        "Pot Luck Dinner, pair"}},
      {"Water bottles",
       18,
       9,
       48,
       {"Steel flasks", "Sports bottles", "Glass bottles"},
       {{"insulated flask", "steel water bottle", "thermos bottle"},
        {"sports bottle", "squeeze bottle", "water bottle"},
        {"glass water bottle", "carafe bottle"}},
       {"stainless steel", "borosilicate glass", "tritan", "powder-coated steel"},
       {"a leak-proof lid", "a straw cap", "double walls", "a carry loop", "a silicone sleeve"},
       {"the gym bag", "long hikes", "the desk", "cycling"},
       {"Keeps cold 24 hours, hot 12.", "750 ml, fits most cage holders.", "No taste, no leaks, no plastic.",
        "Wide mouth takes ice cubes."},
       {"Backpack Side Pocket 750", "Runner's Grip 500", "Coffee or Tea, 12 h hot",
        "Desk Companion, carafe"}},
      {"Sunglasses",
       16,
       15,
       210,
       {"Round frames", "Square frames", "Aviators"},
       {{"sunglasses", "round sunglasses"},
        {"sunglasses", "square sunglasses"},
        {"aviators", "aviator sunglasses"}},
       {"bio-acetate", "polarised nylon", "thin metal", "tortoiseshell acetate"},
       {"polarised lenses", "spring hinges", "UV400 protection", "gradient tint", "adjustable nose pads"},
       {"the beach", "driving", "bright winters", "festival days"},
       {"UV400, category 3. Case and cloth included.", "Light on the nose, wide at the temples.",
        "Cuts glare from wet roads."},
       {"Watch the Waves, polarised", "Runner's Shade, wraparound", "Bottle-end round, amber",
        "Headphone-slim temples"}},
      {"Plant pots",
       14,
       7,
       75,
       {"Planted pots", "Planters", "Cactus pots"},
       {{"potted plant", "plant in a pot", "houseplant"},
        {"plant pot", "planter", "flower pot"},
        {"cactus in a pot", "potted cactus"}},
       {"terracotta", "glazed stoneware", "concrete", "fibre clay"},
       {"a drainage hole", "a matching saucer", "a matte glaze", "frost-proof clay"},
       {"window sills", "balconies", "herbs in the kitchen", "dark corners"},
       {"Water once a week and leave it be.", "14 cm across, with a hole and a plug.",
        "Likes light, forgives neglect."},
       {"Mug of Green, small", "Desk Mate, with saucer", "Sunny Lampshade, clay", "Tea Cup style, 12 cm"}},
      {"Notebooks",
       12,
       4,
       29,
       {"Hardcovers", "Spiral bound", "Journals"},
       {{"notebook", "hardcover notebook"},
        {"spiral notebook", "notepad"},
        {"journal", "diary", "sketchbook"}},
       {"linen-bound", "recycled paper", "dotted paper", "soft-cover"},
       {"an elastic band", "a ribbon marker", "numbered pages", "a back pocket", "lay-flat binding"},
       {"lists", "field notes", "sketching", "morning pages"},
       {"A5, 192 pages, 100 g/m2.", "Opens flat; ink does not bleed through.", "Dotted, ruled or plain."},
       {"Coffee Break, dotted", "Backpack A6, waterproof", "By Lamplight, ruled", "Running Log, 52 weeks"}},
  };
  return list;
}

struct texts {
  std::string name, description;
};

/// How much of the truth a text tells.
enum class candour { plain, terse, crossed };

class copywriter {
 public:
  copywriter(random_generator& rng, const vocabulary& own, int kind, std::string_view colour,
             std::string_view brand)
      : rng_(rng), own_(own), kind_(kind), colour_(colour), brand_(brand) {}

  texts write(candour mode) {
    texts t;
    if (mode == candour::plain) {
      t.name = expand(
          pick({"{brand} {series} {noun}, {colour}", "{adjective} {material} {noun} - {colour}",
                "{colour} {noun} with {feature}", "{series} {noun}", "{brand} {noun} for {use}, {colour}",
                "{series} {colour} {material} {noun}", "{noun}, {colour}, {adjective}"}));
      if (rng_.uniform() < 0.82) {
        t.description = sentence();
        if (rng_.uniform() < 0.45) t.description += " " + std::string(pick(own_.hints));
        if (rng_.uniform() < 0.35) t.description += " " + small_talk();
      }
    } else if (mode == candour::terse) {
      t.name =
          expand(pick({"Classic {colour} gift set", "{series} {colour}", "{brand} {series} edition, {colour}",
                       "{series} No. {number}", "The {series}, {adjective}", "{adjective} {colour} favourite",
                       "{brand} {number}, {colour}"}));
      const double kind = rng_.uniform();
      if (kind < 0.40)
        t.description = small_talk();
      else if (kind < 0.55)
        t.description = pick(own_.hints);
      else if (kind < 0.65) {
        t.description = expand("Made for {use}. ");  // two statements: both draw random numbers
        t.description += small_talk();
      }
    } else {
      t.name = pick(own_.crossed);
      if (rng_.uniform() < 0.4) t.name = std::string(brand_) + " " + t.name;
      const double kind = rng_.uniform();
      if (kind < 0.4)
        t.description = small_talk();
      else if (kind < 0.7)
        t.description = pick(own_.hints);
    }
    t.name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(t.name[0])));
    return t;
  }

 private:
  std::string_view pick(const words& list) { return list[static_cast<std::size_t>(rng_.below(list.size()))]; }

  std::string sentence() {
    std::string s = expand(pick({"{adjective} {noun} in {material}, made for {use}.",
                                 "{material} {noun} with {feature} and {feature2}.",
                                 "Our {colour} {noun}, with {feature}: just right for {use}.",
                                 "Meet the {series}: {feature}, {feature2} and a {colour} finish.",
                                 "Made of {material} for {use}, with {feature}.",
                                 "{noun} to reach for. {feature}, {adjective}, and good for {use}.",
                                 "{noun} in {colour}. Designed around {feature} for {use}."}));
    for (std::size_t i = 0; i < s.size(); ++i)
      if (i == 0 || (i >= 2 && s[i - 1] == ' ' && s[i - 2] == '.'))
        s[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(s[i])));
    return s;
  }

  std::string small_talk() {
    return expand(
        pick({"A thoughtful gift for anyone who likes simple things.", "Ships in recycled packaging.",
              "Designed in a small studio, made to last.", "A {adjective} classic, now in {colour}.",
              "Limited run of {number}.", "Our best seller, back in stock.", "Two-year guarantee.",
              "Also available in {colour2}.", "Goes with everything you own."}));
  }

  /// Replaces each {key} in turn, from left to right, so that the random numbers are drawn in a fixed order.
  std::string expand(std::string_view pattern) {
    std::string out;
    while (!pattern.empty()) {
      const std::size_t open = pattern.find('{');
      out += pattern.substr(0, open);
      if (open == pattern.npos) break;
      const std::size_t close = pattern.find('}', open);
      const std::string next = word(pattern.substr(open + 1, close - open - 1));
      const bool article = out == "A " || out == "a " || out.ends_with(" a ") || out.ends_with(" A ");
      if (article && std::string_view("aeiou").find(next[0]) != std::string_view::npos)
        out.insert(out.size() - 1, "n");
      out += next;
      pattern.remove_prefix(close + 1);
    }
    return out;
  }

  std::string word(std::string_view key) {
    if (key == "brand") return std::string(brand_);
    if (key == "colour") return std::string(colour_);
    if (key == "colour2")
      return std::string(colours()[static_cast<std::size_t>(rng_.below(colours().size()))].name);
    if (key == "noun") return std::string(pick(own_.nouns[static_cast<std::size_t>(kind_)]));
    if (key == "material") return std::string(pick(own_.materials));
    if (key == "feature" || key == "feature2") {
      const std::string_view first = pick(own_.features);
      if (key == "feature") feature_ = first;
      if (key == "feature2" && first == feature_)
        return std::string(own_.features[first == own_.features[0] ? 1 : 0]);
      return std::string(first);
    }
    if (key == "use") return std::string(pick(own_.uses));
    if (key == "number") return std::to_string(12 + rng_.below(88));
    if (key == "adjective")
      return std::string(pick({"simple", "sturdy", "light", "timeless", "soft", "handmade", "everyday",
                               "compact", "bold", "quiet", "modern", "well-made"}));
    return std::string(pick({"Aurora",  "Solveig", "Harbour", "Juniper", "Alder",  "Meridian", "Fjord",
                             "Ember",   "Clover",  "Atlas",   "Willow",  "Signal", "Pebble",   "Nomad",
                             "Orchard", "Lumen",   "Kite",    "Marlow",  "Tidal",  "Sunday"}));
  }

  random_generator& rng_;
  const vocabulary& own_;
  int kind_;
  std::string_view colour_, brand_, feature_;
};

}  // namespace catalogue
