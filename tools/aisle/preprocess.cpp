// aisle preprocess: a picture in, the tensor a model sees out.

#include <algorithm>
#include <memory>
#include <string>

#include <aisle/base/ranges.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/io/npy.hpp>

#include "command.hpp"
#include "early_checks.hpp"
#include "encoders.hpp"
#include "output_guard.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  std::string image, out;
};

int run(const options& o) {
  if (o.common.preset.empty() == o.common.image_model.empty())
    throw usage_error("expected one of --preset and --image-model");
  output_guard guard;
  guard.writes("--out", o.out);
  guard.reads(o.image);
  if (const auto model = o.common.find_model(o.common.image_model)) guard.reads_model(*model);
  check_output_file("--out", o.out);
  const aisle::preset preset = preset_of(o.common, o.common.image_model);
  aisle::tensor t(aisle::dtype::f32, {3, preset.crop_height, preset.crop_width});
  aisle::detail::picture_turn turn;
  const auto made =
      aisle::preprocess(aisle::detail::read_image(o.image, turn, {}, aisle::detail::demand_of(preset)),
                        preset, aisle::tensor_layout::channels_first);
  aisle::ranges::copy(made.values(), t.data<float>().begin());
  aisle::write_npy(o.out, t);
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("IMAGE", o->image, "PNG, JPEG, GIF, BMP or WebP").required();
  o->common.add(app, {common::preset, common::image_model});
  app.add_option("--out", o->out, "float32, 3 x height x width").type_name("FILE.npy").required();
  o->common.add(app, {common::weights});
  std::string names = "Presets:", line;
  for (const aisle::preset& p : aisle::all_presets()) {
    if (line.empty() || line.size() + p.name.size() > 90) {
      names += line;
      line = "\n ";
    }
    line += " " + p.name;
  }
  app.footer(names + line +
             "\n"
             "\n"
             "Examples:\n"
             "  aisle preprocess shirt.jpg --image-model efficientnet-lite0 --out shirt.npy\n"
             "  aisle preprocess shirt.png --preset torchvision_resnet50_v1 --out shirt.npy");
  return [o] { return run(*o); };
}

const registration entry{{"preprocess", "an image in, the tensor a model sees out as .npy", setup}};

}  // namespace
