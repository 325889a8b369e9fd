// What all registered pools tell about themselves, for people, programs and Prometheus.

#ifndef COREPOOL_HOSTED_EXPORTERS_H_
#define COREPOOL_HOSTED_EXPORTERS_H_

#include <string>

namespace corepool::hosted {

// Each of these takes a snapshot: every pool registered during the whole call once, in
// order of registration, row by row, with the numbers of PoolStats (stats.h). Numbers
// of one row belong to one instant if `exact` says so; those of several pools never do.
//
// Names are what somebody registered: what is no UTF-8 in them is replaced by U+FFFD
// (so is half a character at the end of a name that was cut off), and whatever would
// mean something to the format is escaped. `serial` tells pools of the same name apart.
// [default: threads; blocking; O(pools^2); and as all pools' Stats]

// A table with a heading, a line for each row, numbers aligned to the right; control
// characters and quotes in names as in C. "-" stands for no name and no label. Columns
// may be added: not for programs.
std::string RegistryAsText();

// One line of JSON (RFC 8259):
//   {"schema":"corepool.registry/1","pools":[
//     {"name":"rx","serial":1,"row":0,"label":"","block_size":64,"stride":64,
//      "capacity":10,"used":1,"free":9,"peak":1,"usage_percent":10.0,"allocations":1,
//      "frees":0,"failures":0,"misuses":0,"steals":0,"withheld":0,"cores":0,
//      "magazine_size":0,"bookkeeping_bytes":512,"exact":true},...]}
// All numbers are JSON numbers, up to 2^64 - 1: read them as integers. usage_percent is
// used / capacity rounded down to tenths, 0.0 for a pool without blocks. Members may be
// added; if one is taken away, or means something else, the schema gets a new number.
std::string RegistryAsJson();

// Prometheus' text format 0.0.4 ("text/plain; version=0.0.4"): gauges, and counters
// whose names end with _total, one family after the other, each with HELP and TYPE:
//   corepool_used_blocks{pool="rx",label="",serial="1",row="0"} 1
// Counters start again with the pool's Init, and with the program, as Prometheus
// expects.
std::string RegistryAsPrometheus();

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_EXPORTERS_H_
