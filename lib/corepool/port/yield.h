// Standing aside where the contract says that a call may wait.

#ifndef COREPOOL_PORT_YIELD_H_
#define COREPOOL_PORT_YIELD_H_

namespace corepool::port {

// Lets other threads run, those of lower priority too, and returns soon. Threads only;
// never called by what is lock-free. With an operating system it sleeps for a
// microsecond: sched_yield would pass over threads of lower priority than a real-time
// caller, and the one waited for may be among them. Without, it is a pause, and
// weak: an RTOS with preemptive priorities puts a function of its own in its place,
// which delays the calling task by a tick (docs/porting.md).
void Yield() noexcept;

}  // namespace corepool::port

#endif  // COREPOOL_PORT_YIELD_H_
