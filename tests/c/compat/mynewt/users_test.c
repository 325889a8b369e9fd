/* What Mynewt's users build on pools: lists, chains of buffers, mailboxes. */

#include <stdint.h>
#include <string.h>

#include "os/os.h"
#include "tests/c/check.h"

struct item {
  SLIST_ENTRY(item) next;
  int value;
};
SLIST_HEAD(items, item);

static void AListOfBlocks(void) {
  enum { kItems = 16 };
  static os_membuf_t memory[OS_MEMPOOL_SIZE(kItems, sizeof(struct item))];
  static struct os_mempool pool;
  struct items list = SLIST_HEAD_INITIALIZER(list);
  struct item *item;
  CHECK(os_mempool_init(&pool, kItems, sizeof(struct item), memory, "items") == OS_OK);
  for (int i = 0; i < kItems; i++) {
    item = os_memblock_get(&pool);
    item->value = i;
    SLIST_INSERT_HEAD(&list, item, next);
  }
  CHECK(os_memblock_get(&pool) == NULL);
  int expected = kItems;
  SLIST_FOREACH(item, &list, next) CHECK(item->value == --expected);
  CHECK(expected == 0);
  /* Out of the middle, then from the front. */
  item = SLIST_NEXT(SLIST_FIRST(&list), next);
  SLIST_REMOVE(&list, item, item, next);
  CHECK(os_memblock_put(&pool, item) == OS_OK);
  int count = 0;
  while (!SLIST_EMPTY(&list)) {
    item = SLIST_FIRST(&list);
    SLIST_REMOVE_HEAD(&list, next);
    CHECK(os_memblock_put(&pool, item) == OS_OK);
    count++;
  }
  CHECK(count == kItems - 1 && pool.mp_num_free == kItems);
}

/* A buffer as large packets are made of: its first word is not the pool's link. */
struct buffer {
  uint8_t *data;
  uint16_t length;
  SLIST_ENTRY(buffer) next;
  uint8_t bytes[];
};

enum { kBufferSize = 64, kBuffers = 24 };
static os_membuf_t buffer_memory[OS_MEMPOOL_SIZE(kBuffers, kBufferSize)];
static struct os_mempool_ext buffers;
static int buffers_put;

static os_error_t CountPut(struct os_mempool_ext *ome, void *data, void *arg) {
  ++*(int *)arg;
  return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

static void FreeChain(struct buffer *buffer) {
  while (buffer != NULL) {
    struct buffer *const next = SLIST_NEXT(buffer, next);
    CHECK(os_memblock_put(&buffers.mpe_mp, buffer) == OS_OK);
    buffer = next;
  }
}

/* NULL if there are too few buffers; then it has taken none. */
static struct buffer *MakeChain(const uint8_t *bytes, size_t length) {
  const size_t room = kBufferSize - sizeof(struct buffer);
  struct buffer *first = NULL;
  struct buffer *last = NULL;
  while (length > 0) {
    struct buffer *const buffer = os_memblock_get(&buffers.mpe_mp);
    if (buffer == NULL) {
      FreeChain(first);
      return NULL;
    }
    buffer->data = buffer->bytes;
    buffer->length = (uint16_t)(length < room ? length : room);
    memcpy(buffer->data, bytes, buffer->length);
    bytes += buffer->length;
    length -= buffer->length;
    SLIST_NEXT(buffer, next) = NULL;
    if (last == NULL) {
      first = buffer;
    } else {
      SLIST_NEXT(last, next) = buffer;
    }
    last = buffer;
  }
  return first;
}

static void ChainsOfBuffers(void) {
  uint8_t packet[600];
  for (size_t i = 0; i < sizeof(packet); i++) packet[i] = (uint8_t)(i * 7);
  CHECK(os_mempool_ext_init(&buffers, kBuffers, kBufferSize, buffer_memory, "mbufs") ==
        OS_OK);
  buffers.mpe_put_cb = CountPut;
  buffers.mpe_put_arg = &buffers_put;
  int used = 0;
  for (int round = 0; round < 10; round++) {
    struct buffer *const chain = MakeChain(packet, sizeof(packet));
    CHECK(chain != NULL);
    size_t at = 0;
    used = 0;
    for (struct buffer *b = chain; b != NULL; b = SLIST_NEXT(b, next)) {
      CHECK(memcmp(b->data, packet + at, b->length) == 0);
      at += b->length;
      used++;
    }
    CHECK(at == sizeof(packet));
    CHECK(buffers.mpe_mp.mp_num_free == kBuffers - used);
    /* There is not enough for a second one, which leaves no trace. */
    CHECK(2 * used > kBuffers);
    CHECK(MakeChain(packet, sizeof(packet)) == NULL);
    CHECK(buffers.mpe_mp.mp_num_free == kBuffers - used);
    FreeChain(chain);
    CHECK(buffers.mpe_mp.mp_num_free == kBuffers);
  }
  CHECK(buffers_put == 10 * kBuffers);
  CHECK(buffers.mpe_mp.mp_min_free == 0);
}

struct message {
  STAILQ_ENTRY(message) next;
  uint32_t number;
};
STAILQ_HEAD(mailbox, message);

static void AMailbox(void) {
  enum { kMessages = 8 };
  static os_membuf_t memory[OS_MEMPOOL_SIZE(kMessages, sizeof(struct message))];
  static struct os_mempool pool;
  struct mailbox box = STAILQ_HEAD_INITIALIZER(box);
  CHECK(os_mempool_init(&pool, kMessages, sizeof(struct message), memory, "mail") ==
        OS_OK);
  uint32_t sent = 0, received = 0;
  for (int round = 0; round < 1000; round++) {
    for (int i = 0; i < 1 + round % kMessages; i++) {
      struct message *const message = os_memblock_get(&pool);
      CHECK(message != NULL);
      message->number = sent++;
      STAILQ_INSERT_TAIL(&box, message, next);
    }
    while (!STAILQ_EMPTY(&box)) {
      struct message *const message = STAILQ_FIRST(&box);
      CHECK(message->number == received++);
      STAILQ_REMOVE_HEAD(&box, next);
      CHECK(os_memblock_put(&pool, message) == OS_OK);
    }
  }
  CHECK(sent == received && pool.mp_num_free == kMessages && pool.mp_min_free == 0);
}

int main(void) {
  AListOfBlocks();
  ChainsOfBuffers();
  AMailbox();
  return CheckResult();
}
