/* Proves that critical sections, of programs that have no uC/CPU, keep other threads and
 * signal handlers out, and nest.
 */

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "tests/c/check.h"

#include <lib_mem.h>

enum { kThreads = 4, kRounds = 20000 };

/* Neither atomic nor volatile: the sections are what makes it right. */
static unsigned long count;
static unsigned signals;

static void Count(unsigned *also) {
  CPU_SR_ALLOC();
  CPU_CRITICAL_ENTER();
  ++count;
  if (also != NULL) ++*also;
  CPU_CRITICAL_EXIT();
}

static void Nested(void) {
  CPU_SR_ALLOC();
  CPU_CRITICAL_ENTER();
  const unsigned long before = count;
  Count(NULL);
  CHECK(count == before + 1);
  CPU_CRITICAL_EXIT();
}

static void Interrupt(int number) {
  (void)number;
  Count(&signals);
}

static void *Run(void *unused) {
  for (int i = 0; i < kRounds; ++i) {
    Count(NULL);
    Nested();
  }
  return unused;
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = Interrupt;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval often = {{0, 200}, {0, 200}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; ++i) {
    CHECK(pthread_create(&threads[i], NULL, Run, NULL) == 0);
  }
  for (int i = 0; i < kThreads; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK(count == 2ul * kThreads * kRounds + signals);
  return CheckResult();
}
