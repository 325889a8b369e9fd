/* Names, types and values are Mynewt's; the user's own headers are used where there are
 * any, before the library's on the search path (USERS_TREE) or behind it. */

#include <stddef.h>

#ifdef SYS_QUEUE_FIRST
#include <sys/queue.h>
#endif

#include "os/os_mempool.h"

#include "os/mynewt.h"
#include "os/os.h"
#include "os/os_error.h"
#include "os/queue.h"
#include "tests/c/check.h"

#define HAS_TYPE(what, type) _Generic((what), type : 1, default : 0)

static void ErrorsHaveTheirNumbers(void) {
  const int errors[] = {OS_OK,          OS_ENOMEM,          OS_EINVAL,
                        OS_INVALID_PARM, OS_MEM_NOT_ALIGNED, OS_BAD_MUTEX,
                        OS_TIMEOUT,     OS_ERR_IN_ISR,      OS_ERR_PRIV,
                        OS_NOT_STARTED, OS_ENOENT,          OS_EBUSY,
                        OS_ERROR};
  for (int i = 0; i < 13; i++) CHECK(errors[i] == i);
}

static void FieldsHaveTheirTypes(void) {
  struct os_mempool pool;
  struct os_mempool_ext extended;
  struct os_mempool_info info;
  struct os_memblock block;
  CHECK(HAS_TYPE(pool.mp_block_size, uint32_t));
  CHECK(HAS_TYPE(pool.mp_num_blocks, uint16_t));
  CHECK(HAS_TYPE(pool.mp_num_free, uint16_t));
  CHECK(HAS_TYPE(pool.mp_min_free, uint16_t));
  CHECK(HAS_TYPE(pool.mp_flags, uint8_t));
  CHECK(HAS_TYPE(pool.mp_membuf_addr, uintptr_t));
  CHECK(HAS_TYPE(STAILQ_NEXT(&pool, mp_list), struct os_mempool *));
  CHECK(HAS_TYPE(SLIST_FIRST(&pool), struct os_memblock *));
  CHECK(HAS_TYPE(pool.name, char *));
  CHECK(HAS_TYPE(SLIST_NEXT(&block, mb_next), struct os_memblock *));
  CHECK(HAS_TYPE(extended.mpe_mp, struct os_mempool));
  CHECK(HAS_TYPE(extended.mpe_put_cb, os_mempool_put_fn *));
  CHECK(HAS_TYPE(extended.mpe_put_arg, void *));
  CHECK(HAS_TYPE(info.omi_block_size, int) && HAS_TYPE(info.omi_num_blocks, int));
  CHECK(HAS_TYPE(info.omi_num_free, int) && HAS_TYPE(info.omi_min_free, int));
  CHECK(sizeof(info.omi_name) == 32);
  CHECK(sizeof(struct os_memblock) == sizeof(void *));
  CHECK(offsetof(struct os_mempool_ext, mpe_mp) == 0);
}

/* Also where they are called through pointers. */
static void FunctionsHaveTheirTypes(void) {
  os_error_t (*init)(struct os_mempool *, uint16_t, uint32_t, void *, char *) =
      os_mempool_init;
  os_error_t (*ext_init)(struct os_mempool_ext *, uint16_t, uint32_t, void *, char *) =
      os_mempool_ext_init;
  os_error_t (*unregister)(struct os_mempool *) = os_mempool_unregister;
  os_error_t (*clear)(struct os_mempool *) = os_mempool_clear;
  bool (*is_sane)(const struct os_mempool *) = os_mempool_is_sane;
  int (*from)(const struct os_mempool *, const void *) = os_memblock_from;
  void *(*get)(struct os_mempool *) = os_memblock_get;
  os_error_t (*put)(struct os_mempool *, void *) = os_memblock_put;
  os_error_t (*put_from_cb)(struct os_mempool *, void *) = os_memblock_put_from_cb;
  struct os_mempool *(*next)(struct os_mempool *, struct os_mempool_info *) =
      os_mempool_info_get_next;
  struct os_mempool *(*find)(const char *, struct os_mempool_info *) = os_mempool_get;
  void (*module_init)(void) = os_mempool_module_init;

  static struct os_mempool pool;
  static os_membuf_t memory[OS_MEMPOOL_SIZE(2, 8)];
  struct os_mempool_info info;
  CHECK(ext_init(NULL, 1, 1, NULL, NULL) == OS_INVALID_PARM);
  CHECK(init(&pool, 2, 8, memory, "pool") == OS_OK);
  void *const block = get(&pool);
  CHECK(from(&pool, block) == 1 && is_sane(&pool));
  CHECK(put(&pool, block) == OS_OK && put_from_cb(&pool, block) != OS_OK);
  CHECK(next(NULL, &info) == &pool && find("pool", &info) == &pool);
  CHECK(clear(&pool) == OS_OK && unregister(&pool) == OS_OK);
  module_init();
}

struct element {
  LIST_ENTRY(element) list;
  TAILQ_ENTRY(element) tail;
  STAILQ_ENTRY(element) single;
  SLIST_ENTRY(element) stack;
  CIRCLEQ_ENTRY(element) ring;
  int number;
};

static void ListsAreLists(void) {
  enum { kElements = 5 };
  struct element elements[kElements];
  struct element *at;
  LIST_HEAD(, element) list = LIST_HEAD_INITIALIZER(list);
  TAILQ_HEAD(tails, element) tail = TAILQ_HEAD_INITIALIZER(tail);
  STAILQ_HEAD(, element) single = STAILQ_HEAD_INITIALIZER(single);
  SLIST_HEAD(, element) stack = SLIST_HEAD_INITIALIZER(stack);
  CIRCLEQ_HEAD(, element) ring;
  CIRCLEQ_INIT(&ring);
  CHECK(LIST_EMPTY(&list) && TAILQ_EMPTY(&tail) && STAILQ_EMPTY(&single));
  CHECK(SLIST_EMPTY(&stack) && CIRCLEQ_FIRST(&ring) == (void *)&ring);
  for (int i = 0; i < kElements; i++) {
    elements[i].number = i;
    LIST_INSERT_HEAD(&list, &elements[i], list);
    TAILQ_INSERT_TAIL(&tail, &elements[i], tail);
    STAILQ_INSERT_TAIL(&single, &elements[i], single);
    SLIST_INSERT_HEAD(&stack, &elements[i], stack);
    CIRCLEQ_INSERT_TAIL(&ring, &elements[i], ring);
  }
  CHECK(TAILQ_LAST(&tail, tails) == &elements[4]);
  CHECK(TAILQ_PREV(&elements[4], tails, tail) == &elements[3]);
  CHECK(STAILQ_LAST(&single, element, single) == &elements[4]);
  CHECK(CIRCLEQ_LAST(&ring) == &elements[4]);

  /* Out of the middle and from both ends; one back at the end. */
  LIST_REMOVE(&elements[2], list);
  LIST_REMOVE(&elements[4], list);
  LIST_INSERT_AFTER(&elements[3], &elements[4], list);
  LIST_INSERT_BEFORE(&elements[0], &elements[2], list);
  TAILQ_REMOVE(&tail, &elements[2], tail);
  TAILQ_REMOVE(&tail, &elements[4], tail);
  TAILQ_INSERT_BEFORE(&elements[0], &elements[4], tail);
  TAILQ_INSERT_AFTER(&tail, &elements[3], &elements[2], tail);
  STAILQ_REMOVE(&single, &elements[2], element, single);
  STAILQ_REMOVE(&single, &elements[4], element, single);
  STAILQ_INSERT_HEAD(&single, &elements[4], single);
  STAILQ_INSERT_AFTER(&single, &elements[3], &elements[2], single);
  SLIST_REMOVE(&stack, &elements[2], element, stack);
  SLIST_REMOVE_HEAD(&stack, stack);
  SLIST_INSERT_AFTER(&elements[0], &elements[4], stack);
  SLIST_INSERT_HEAD(&stack, &elements[2], stack);
  CIRCLEQ_REMOVE(&ring, &elements[2], ring);
  CIRCLEQ_REMOVE(&ring, &elements[4], ring);
  CIRCLEQ_INSERT_HEAD(&ring, &elements[4], ring);
  CIRCLEQ_INSERT_AFTER(&ring, &elements[3], &elements[2], ring);

  const int lists[] = {3, 4, 1, 2, 0}, tails[] = {4, 0, 1, 3, 2}, stacks[] = {2, 3, 1, 0, 4};
  int i = 0;
  LIST_FOREACH(at, &list, list) CHECK(at->number == lists[i++]);
  CHECK(i == kElements);
  i = 0;
  TAILQ_FOREACH(at, &tail, tail) CHECK(at->number == tails[i++]);
  CHECK(i == kElements);
  TAILQ_FOREACH_REVERSE(at, &tail, tails, tail) CHECK(at->number == tails[--i]);
  STAILQ_FOREACH(at, &single, single) CHECK(at->number == tails[i++]);
  CHECK(i == kElements);
  i = 0;
  SLIST_FOREACH(at, &stack, stack) CHECK(at->number == stacks[i++]);
  CHECK(i == kElements);
  i = 0;
  for (at = CIRCLEQ_FIRST(&ring); (void *)at != (void *)&ring; at = CIRCLEQ_NEXT(at, ring)) {
    CHECK(at->number == tails[i++]);
  }
  CHECK(i == kElements);
}

static void TheUsersSettingsHold(void) {
#ifdef USERS_TREE
  CHECK(MYNEWT_VAL(OF_THE_USER) == 42);
  CHECK(MYNEWT_VAL(OS_MEMPOOL_GUARD) == 1);
  CHECK(OS_ALIGNMENT == 4);
  CHECK(OS_MEMPOOL_BYTES(2, 8) == 24);
#else
  CHECK(OS_ALIGNMENT == sizeof(void *));
  CHECK(MYNEWT_VAL(OS_MEMPOOL_GUARD) == 0);
  CHECK(OS_MEMPOOL_BYTES(2, 8) == 16);
#endif
  CHECK(MYNEWT_VAL(OS_MEMPOOL_CHECK) == 0 && MYNEWT_VAL(OS_MEMPOOL_POISON) == 0);
  CHECK(OS_ALIGN(13, 8) == 16 && OS_ALIGN(16, 8) == 16);
  CHECK(min(1, 2) == 1 && max(1, 2) == 2);
}

int main(void) {
  ErrorsHaveTheirNumbers();
  FieldsHaveTheirTypes();
  FunctionsHaveTheirTypes();
  ListsAreLists();
  TheUsersSettingsHold();
  return CheckResult();
}
