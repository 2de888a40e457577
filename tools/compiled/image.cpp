// The definitions of image/ for the target aisle::compiled.
#include <aisle/image/bmp.ipp>
#include <aisle/image/decode.ipp>
#include <aisle/image/encode.ipp>
#include <aisle/image/gif.ipp>
#include <aisle/image/image_encoder.ipp>
#include <aisle/image/jpeg.ipp>
#include <aisle/image/picture_turn.ipp>
#include <aisle/image/png.ipp>
#include <aisle/image/preprocess.ipp>
#include <aisle/image/resize.ipp>
