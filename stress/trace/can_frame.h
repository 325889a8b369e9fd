// A frame of a CAN log.

#ifndef COREPOOL_STRESS_TRACE_CAN_FRAME_H_
#define COREPOOL_STRESS_TRACE_CAN_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace corepool::stress {

// Classic or FD.
struct CanFrame {
  enum Flags : std::uint8_t {
    kExtended = 1,  // 29-bit identifier
    kRemote = 2,    // asks for data; `length` is the length asked for
    kFd = 4,        // CAN FD; `fd_flags` is its flags nibble (BRS, ESI)
    kError = 8,     // written by the controller's driver, not seen on the bus
  };
  static constexpr std::size_t kLongest = 64;

  std::int64_t stamp_ns = 0;  // by the log's clock
  std::uint32_t id = 0;
  std::uint8_t flags = 0;
  std::uint8_t fd_flags = 0;
  std::uint8_t length = 0;
  std::uint8_t payload_length = 0;  // bytes of payload: `length`, but 0 if remote
  std::uint16_t bus = 0;            // in order of appearance
  std::array<std::uint8_t, kLongest> data{};

  std::span<const std::uint8_t> payload() const {
    return std::span(data).first(payload_length);
  }
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CAN_FRAME_H_
