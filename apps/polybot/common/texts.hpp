#pragma once
#include <string_view>

// What people are told. The first two are the exercise's, to the letter.
namespace cumulet::polybot::texts {

inline constexpr std::string_view kProcessing = "Your message is being processed...";
inline constexpr std::string_view kWentWrong = "Something went wrong, please try again...";

inline constexpr std::string_view kDone = "Done.";
inline constexpr std::string_view kFailed = "That did not work.";
inline constexpr std::string_view kCancelled = "Cancelled.";
inline constexpr std::string_view kWaiting = "Waiting for a free worker...";
inline constexpr std::string_view kFetching = "Fetching the video...";
inline constexpr std::string_view kSending = "Sending the video...";
inline constexpr std::string_view kBlurring = "Blurring faces...";
inline constexpr std::string_view kOnlyMp4AndMov = "I can only blur MP4 and MOV videos, and that file is neither.";
inline constexpr std::string_view kNoVideo = "That file is not a video.";

}  // namespace cumulet::polybot::texts
