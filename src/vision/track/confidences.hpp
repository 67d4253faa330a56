#pragma once
// What the parts of the tracker call fair and strong; degrees of confidence are the detector's, 0..100.

namespace cumulet::vision {

inline constexpr double kFair = 50;         // a confidence that needs no second opinion
inline constexpr double kStillStrong = 75;  // enough for a track that was sure once
inline constexpr int kWeakRow = 8;          // weak sightings in a row after which a second opinion is asked
inline constexpr double kLies = 60;         // degrees

}  // namespace cumulet::vision
