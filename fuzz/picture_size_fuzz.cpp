#include "fuzz/fuzz.hpp"
#include "services/rekognition/picture_size.hpp"

// Nothing is read outside the bytes, and a size is one.
CUMULET_FUZZ(bytes) {
  const auto size = cumulet::rekognition::picture_size(bytes);
  CUMULET_HOLDS(!size || size->pixels() > 0);
}
