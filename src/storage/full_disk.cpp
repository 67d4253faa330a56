#include "storage/full_disk.hpp"

#include "storage/database.hpp"

namespace cumulet::storage {

Error full_disk() {
  return Error{
      kStorageFull,
      "The disk is full: nothing more can be stored until there is room. What is there can be read and deleted."};
}

}  // namespace cumulet::storage
