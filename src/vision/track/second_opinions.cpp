// Which of the things that are followed are faces: second opinions of them, and what follows from these.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "vision/track/confidences.hpp"
#include "vision/track/tracker.hpp"

namespace cumulet::vision {
namespace {

constexpr double kOpinionFell = 5;
constexpr double kUpright = 30;  // degrees
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

// What was found by turning the picture is the best of many tries, rarely a face and often cloth, a hand or half a face.
// Of true ones nearly all second looks are sure (medians of 79 to 92 in the made clips, also coded badly), of cloth
// some are, and others in the next frame (up to 77). So the looks' median counts, over time, and no single sure sighting.
// It does so wherever the track turns afterwards: cloth turns, too.
bool Tracker::needs_care(const Track& track) { return track.began_lying && !track.convinced && !track.strong; }

bool Tracker::opinions_suffice(const Track& track) const {
  if (track.opinions.empty()) return false;
  if (!needs_care(track)) return mean(track.opinions) >= rules_.opinion;
  return mean(track.opinions) >= (track.opinions.size() > 1 ? rules_.lying_opinion : rules_.lying_at_once);
}

void Tracker::ask_opinion(Track& track) {
  const double confidence = track.sightings.back().seen.face.confidence;
  const double roll = track.sightings.back().seen.oval.roll;
  if (track.sightings.size() == 1) track.began_lying = std::abs(roll) > kLies;
  if (needs_care(track) && confidence >= rules_.accept && std::abs(roll) < kUpright) {
    // It stands upright: the turn in which it was found first was the wrong one. It begins anew.
    track.began_lying = false;
    track.opinions.clear();
    track.asked_at = -1000;
    track.peak = confidence, track.fair = 1;
    track.sightings.erase(track.sightings.begin(), track.sightings.end() - 1);
  }
  const Sighting& latest = track.sightings.back();
  const bool care = needs_care(track);
  if (!care && confidence >= rules_.strong) {
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
  track.opinions.push_back(care ? pictures_.careful_opinion(latest.frame, latest.seen.oval)
                                : pictures_.opinion(latest.frame, latest.seen.oval));
  if (track.opinions.size() > kOpinions) track.opinions.pop_front();
  track.convinced |= (care || track.opinions.size() == kOpinions) && opinions_suffice(track);
}

// Whether what is followed is no face any more: by its later second opinions, or after a row of weak sightings, which
// is forgotten then.
bool Tracker::lost_in_doubt(Track& track) {
  const double asked = needs_care(track) ? rules_.lying_opinion : rules_.opinion;
  const bool doubted =
      track.strong ? track.opinions.size() >= kDoubts && mean(track.opinions) < kDoubtful
                   : track.opinions.size() >= kOpinions && mean(track.opinions) < asked - kOpinionFell;
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
  if (!track.strong && !track.convinced && !opinions_suffice(track)) return false;
  const bool once = track.sightings.size() == 1;
  return !once || track.peak >= rules_.strong || (track.came && track.went.value_or(true)) || track.misses == 0;
}

}  // namespace cumulet::vision
