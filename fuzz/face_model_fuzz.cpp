#include "fuzz/fuzz.hpp"
#include "server/face_model.hpp"

// Any file may be named as the model: it is read to its end and no further.
CUMULET_FUZZ(bytes) { (void)cumulet::server::check_face_model(bytes); }
