#!/usr/bin/env python3
"""Makes two_bus.candump.log: two seconds of a made-up vehicle with two buses.

can0, a 500 kbit/s powertrain bus: cyclic standard frames, and every 250 ms a burst
of back-to-back diagnostic frames, as when a tester reads a long record.
can1, a CAN FD body bus: extended identifiers, FD frames of several lengths and an
occasional remote frame.

Everything follows from the seed, so the log can be made again byte for byte:
    make_two_bus_log.py > two_bus.candump.log
"""

import random

START_US = 1_700_000_000_000_000
LENGTH_US = 2_000_000
FD_LENGTHS = (8, 12, 16, 20, 24, 32, 48, 64)


def cyclic(frames, bus, identifier, period_us, data):
    for at in range(identifier % period_us, LENGTH_US, period_us):
        frames.append((at, bus, identifier, data(at)))


def powertrain(frames, rng):
    for identifier, period_us in ((0x0C4, 10_000), (0x120, 10_000), (0x1A0, 20_000),
                                  (0x3E9, 50_000), (0x4D1, 100_000)):
        cyclic(frames, "can0", identifier, period_us,
               lambda at: "#" + rng.randbytes(8).hex().upper())
    # 8 data bytes take about 230 us at 500 kbit/s.
    for burst in range(1, LENGTH_US // 250_000):
        for i in range(32):
            frames.append((burst * 250_000 + i * 230, "can0", 0x7E8,
                           "#2%X" % (i % 16) + rng.randbytes(7).hex().upper()))


def body(frames, rng):
    for identifier, period_us in ((0x18FEF100, 20_000), (0x18F00503, 20_000),
                                  (0x0CF00400, 10_000)):
        cyclic(frames, "can1", identifier, period_us,
               lambda at: "##1" + rng.randbytes(rng.choice(FD_LENGTHS)).hex().upper())
    cyclic(frames, "can1", 0x1CFFAA21, 200_000, lambda at: "#R8")


def main():
    rng = random.Random(20)
    frames = []
    powertrain(frames, rng)
    body(frames, rng)
    print("# corepool sample log, made by make_two_bus_log.py")
    for at, bus, identifier, content in sorted(frames, key=lambda frame: frame[:3]):
        stamp = START_US + at
        width = 3 if bus == "can0" else 8
        print("(%d.%06d) %s %0*X%s" % (stamp // 1_000_000, stamp % 1_000_000, bus, width,
                                       identifier, content))


if __name__ == "__main__":
    main()
