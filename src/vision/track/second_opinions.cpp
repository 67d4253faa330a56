// Which of the things that are followed are faces: second opinions of them, and what follows from these.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "vision/track/confidences.hpp"
#include "vision/track/tracker.hpp"

namespace cumulet::vision {
namespace {

constexpr double kOpinionFell = 5;
// Of a track that was sure once: below this its second opinions are asked, so far apart; so many decide.
constexpr double kDoubtful = 35;
constexpr std::int64_t kBetweenDoubts = 8;
constexpr std::size_t kDoubts = 3;
constexpr std::size_t kOpinions = 4;                               // second opinions that decide
constexpr std::int64_t kBetweenOpinions = 2, kLaterOpinions = 25;  // frames

double mean(const std::deque<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

// What lies is rarely a face and often cloth or a hand: it must be surer.
double Tracker::asked_of(const Track& track, double usual) const {
  const bool lies = std::abs(track.sightings.back().seen.oval.roll) > kLies;
  return track.began_lying && lies ? usual + rules_.lying_more : usual;
}

void Tracker::ask_opinion(Track& track) {
  const Sighting& latest = track.sightings.back();
  const double confidence = latest.seen.face.confidence;
  if (track.sightings.size() == 1) track.began_lying = std::abs(latest.seen.oval.roll) > kLies;
  if (confidence >= asked_of(track, rules_.strong)) {
    track.strong = true;
    track.opinions.clear();
    track.asked_at = latest.frame;
  }
  if (track.strong) {  // it was a face once: whether it still is
    if (confidence >= kStillStrong || latest.frame < track.asked_at + kBetweenDoubts) return;
    track.asked_at = latest.frame;
    track.opinions.push_back(pictures_.opinion(latest.frame, latest.seen.oval));
    if (track.opinions.size() > kDoubts) track.opinions.pop_front();
    return;
  }
  const bool enough = track.opinions.size() >= kOpinions;
  const bool worth = confidence >= rules_.repeated && (confidence >= rules_.accept || track.fair >= rules_.repeats);
  if (!worth && !enough) return;
  if (latest.frame < track.asked_at + (enough ? kLaterOpinions : kBetweenOpinions)) return;
  track.asked_at = latest.frame;
  track.opinions.push_back(pictures_.opinion(latest.frame, latest.seen.oval));
  if (track.opinions.size() > kOpinions) track.opinions.pop_front();
  track.convinced |= track.opinions.size() == kOpinions && mean(track.opinions) >= asked_of(track, rules_.opinion);
}

// Whether what is followed is no face any more: by its later second opinions, or after a row of weak sightings, which
// is forgotten then.
bool Tracker::lost_in_doubt(Track& track) {
  const bool doubted = track.strong ? track.opinions.size() >= kDoubts && mean(track.opinions) < kDoubtful
                                    : track.opinions.size() >= kOpinions &&
                                          mean(track.opinions) < asked_of(track, rules_.opinion) - kOpinionFell;
  if (doubted) return true;
  if (track.weak == 0 || track.weak % kWeakRow != 0 || track.sightings.back().seen.face.confidence >= kFair)
    return false;
  const Sighting& latest = track.sightings.back();
  if (pictures_.opinion(latest.frame, latest.seen.oval) >= rules_.go_on) return false;
  while (track.sightings.size() > 1 && track.weak > 0) track.sightings.pop_back(), --track.weak;
  return true;
}

bool Tracker::believed(const Track& track) const {
  if (track.peak < rules_.accept && track.fair < rules_.repeats) return false;
  if (!track.strong && !track.convinced &&
      (track.opinions.empty() || mean(track.opinions) < asked_of(track, rules_.opinion))) {
    return false;
  }
  const bool once = track.sightings.size() == 1;
  return !once || track.peak >= rules_.strong || (track.came && track.went.value_or(true)) || track.misses == 0;
}

}  // namespace cumulet::vision
