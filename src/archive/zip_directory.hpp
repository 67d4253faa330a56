#pragma once
#include <string_view>

namespace cumulet::archive {

// Whether a zip's central directory is all there and tells the truth about the members: their number, the directory's
// place and size (zip64 too), each member's header at the place named, with the same name, method and sizes, its data
// before the directory, no two members sharing bytes, none encrypted, nothing in front and nothing behind. A reader
// that goes without the directory takes whatever headers it meets: half an upload, or members that another reader does
// not see. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
bool is_whole_zip(std::string_view zip);

}  // namespace cumulet::archive
