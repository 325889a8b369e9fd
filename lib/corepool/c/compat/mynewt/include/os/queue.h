/* Linked lists as in BSD's queue(3): SLIST, STAILQ, LIST, TAILQ and CIRCLEQ. Where a
 * family is there already, from <sys/queue.h> say, it is left as it is. */

#ifndef _QUEUE_H_
#define _QUEUE_H_

#include <stddef.h>

/* Singly linked, with a head. */
#ifndef SLIST_HEAD
#define SLIST_HEAD(name, type) \
  struct name {                \
    struct type* slh_first;    \
  }
#define SLIST_HEAD_INITIALIZER(head) {NULL}
#define SLIST_ENTRY(type)  \
  struct {                 \
    struct type* sle_next; \
  }
#define SLIST_FIRST(head) ((head)->slh_first)
#define SLIST_NEXT(elm, field) ((elm)->field.sle_next)
#define SLIST_EMPTY(head) (SLIST_FIRST(head) == NULL)
#define SLIST_INIT(head)      \
  do {                        \
    SLIST_FIRST(head) = NULL; \
  } while (0)
#define SLIST_FOREACH(var, head, field) \
  for ((var) = SLIST_FIRST(head); (var) != NULL; (var) = SLIST_NEXT(var, field))
#define SLIST_INSERT_HEAD(head, elm, field)     \
  do {                                          \
    SLIST_NEXT(elm, field) = SLIST_FIRST(head); \
    SLIST_FIRST(head) = (elm);                  \
  } while (0)
#define SLIST_INSERT_AFTER(slistelm, elm, field)          \
  do {                                                    \
    SLIST_NEXT(elm, field) = SLIST_NEXT(slistelm, field); \
    SLIST_NEXT(slistelm, field) = (elm);                  \
  } while (0)
#define SLIST_REMOVE_HEAD(head, field)                        \
  do {                                                        \
    SLIST_FIRST(head) = SLIST_NEXT(SLIST_FIRST(head), field); \
  } while (0)
/* Does nothing if it is not on the list. */
#define SLIST_REMOVE(head, elm, type, field)                               \
  do {                                                                     \
    struct type** slist_link = &SLIST_FIRST(head);                         \
    while (*slist_link != NULL && *slist_link != (elm)) {                  \
      slist_link = &SLIST_NEXT(*slist_link, field);                        \
    }                                                                      \
    if (*slist_link != NULL) *slist_link = SLIST_NEXT(*slist_link, field); \
  } while (0)
#endif /* SLIST_HEAD */

/* Singly linked, with head and tail. */
#ifndef STAILQ_HEAD
#define STAILQ_HEAD(name, type) \
  struct name {                 \
    struct type* stqh_first;    \
    struct type** stqh_last;    \
  }
#define STAILQ_HEAD_INITIALIZER(head) {NULL, &(head).stqh_first}
#define STAILQ_ENTRY(type)  \
  struct {                  \
    struct type* stqe_next; \
  }
#define STAILQ_FIRST(head) ((head)->stqh_first)
#define STAILQ_NEXT(elm, field) ((elm)->field.stqe_next)
#define STAILQ_EMPTY(head) (STAILQ_FIRST(head) == NULL)
#define STAILQ_INIT(head)                    \
  do {                                       \
    STAILQ_FIRST(head) = NULL;               \
    (head)->stqh_last = &STAILQ_FIRST(head); \
  } while (0)
#define STAILQ_FOREACH(var, head, field) \
  for ((var) = STAILQ_FIRST(head); (var) != NULL; (var) = STAILQ_NEXT(var, field))
#define STAILQ_INSERT_HEAD(head, elm, field)                                      \
  do {                                                                            \
    STAILQ_NEXT(elm, field) = STAILQ_FIRST(head);                                 \
    if (STAILQ_FIRST(head) == NULL) (head)->stqh_last = &STAILQ_NEXT(elm, field); \
    STAILQ_FIRST(head) = (elm);                                                   \
  } while (0)
#define STAILQ_INSERT_TAIL(head, elm, field)      \
  do {                                            \
    STAILQ_NEXT(elm, field) = NULL;               \
    *(head)->stqh_last = (elm);                   \
    (head)->stqh_last = &STAILQ_NEXT(elm, field); \
  } while (0)
#define STAILQ_INSERT_AFTER(head, tqelm, elm, field)                                   \
  do {                                                                                 \
    STAILQ_NEXT(elm, field) = STAILQ_NEXT(tqelm, field);                               \
    if (STAILQ_NEXT(elm, field) == NULL) (head)->stqh_last = &STAILQ_NEXT(elm, field); \
    STAILQ_NEXT(tqelm, field) = (elm);                                                 \
  } while (0)
#define STAILQ_REMOVE_HEAD(head, field)                          \
  do {                                                           \
    STAILQ_FIRST(head) = STAILQ_NEXT(STAILQ_FIRST(head), field); \
    if (STAILQ_FIRST(head) == NULL) {                            \
      (head)->stqh_last = &STAILQ_FIRST(head);                   \
    }                                                            \
  } while (0)
/* Does nothing if it is not on the list. */
#define STAILQ_REMOVE(head, elm, type, field)                    \
  do {                                                           \
    struct type** stailq_link = &STAILQ_FIRST(head);             \
    while (*stailq_link != NULL && *stailq_link != (elm)) {      \
      stailq_link = &STAILQ_NEXT(*stailq_link, field);           \
    }                                                            \
    if (*stailq_link != NULL) {                                  \
      *stailq_link = STAILQ_NEXT(*stailq_link, field);           \
      if (*stailq_link == NULL) (head)->stqh_last = stailq_link; \
    }                                                            \
  } while (0)
#endif /* STAILQ_HEAD */
#ifndef STAILQ_LAST
#define STAILQ_LAST(head, type, field)                                      \
  (STAILQ_EMPTY(head) ? NULL                                                \
                      : ((struct type*)(void*)((char*)((head)->stqh_last) - \
                                               offsetof(struct type, field))))
#endif
#ifndef STAILQ_REMOVE_HEAD_UNTIL
#define STAILQ_REMOVE_HEAD_UNTIL(head, elm, field) \
  do {                                             \
    STAILQ_FIRST(head) = STAILQ_NEXT(elm, field);  \
    if (STAILQ_FIRST(head) == NULL) {              \
      (head)->stqh_last = &STAILQ_FIRST(head);     \
    }                                              \
  } while (0)
#endif
#ifndef STAILQ_REMOVE_AFTER
#define STAILQ_REMOVE_AFTER(head, elm, field)                                          \
  do {                                                                                 \
    STAILQ_NEXT(elm, field) = STAILQ_NEXT(STAILQ_NEXT(elm, field), field);             \
    if (STAILQ_NEXT(elm, field) == NULL) (head)->stqh_last = &STAILQ_NEXT(elm, field); \
  } while (0)
#endif

/* Doubly linked, with a head. */
#ifndef LIST_HEAD
#define LIST_HEAD(name, type) \
  struct name {               \
    struct type* lh_first;    \
  }
#define LIST_HEAD_INITIALIZER(head) {NULL}
#define LIST_ENTRY(type)   \
  struct {                 \
    struct type* le_next;  \
    struct type** le_prev; \
  }
#define LIST_FIRST(head) ((head)->lh_first)
#define LIST_NEXT(elm, field) ((elm)->field.le_next)
#define LIST_EMPTY(head) (LIST_FIRST(head) == NULL)
#define LIST_INIT(head)      \
  do {                       \
    LIST_FIRST(head) = NULL; \
  } while (0)
#define LIST_FOREACH(var, head, field) \
  for ((var) = LIST_FIRST(head); (var) != NULL; (var) = LIST_NEXT(var, field))
#define LIST_INSERT_HEAD(head, elm, field)                      \
  do {                                                          \
    LIST_NEXT(elm, field) = LIST_FIRST(head);                   \
    if (LIST_FIRST(head) != NULL) {                             \
      LIST_FIRST(head)->field.le_prev = &LIST_NEXT(elm, field); \
    }                                                           \
    LIST_FIRST(head) = (elm);                                   \
    (elm)->field.le_prev = &LIST_FIRST(head);                   \
  } while (0)
#define LIST_INSERT_AFTER(listelm, elm, field)                       \
  do {                                                               \
    LIST_NEXT(elm, field) = LIST_NEXT(listelm, field);               \
    if (LIST_NEXT(elm, field) != NULL) {                             \
      LIST_NEXT(elm, field)->field.le_prev = &LIST_NEXT(elm, field); \
    }                                                                \
    LIST_NEXT(listelm, field) = (elm);                               \
    (elm)->field.le_prev = &LIST_NEXT(listelm, field);               \
  } while (0)
#define LIST_INSERT_BEFORE(listelm, elm, field)        \
  do {                                                 \
    (elm)->field.le_prev = (listelm)->field.le_prev;   \
    LIST_NEXT(elm, field) = (listelm);                 \
    *(listelm)->field.le_prev = (elm);                 \
    (listelm)->field.le_prev = &LIST_NEXT(elm, field); \
  } while (0)
#define LIST_REMOVE(elm, field)                                    \
  do {                                                             \
    if (LIST_NEXT(elm, field) != NULL) {                           \
      LIST_NEXT(elm, field)->field.le_prev = (elm)->field.le_prev; \
    }                                                              \
    *(elm)->field.le_prev = LIST_NEXT(elm, field);                 \
  } while (0)
#endif /* LIST_HEAD */

/* Doubly linked, with head and tail. */
#ifndef TAILQ_HEAD
#define TAILQ_HEAD(name, type) \
  struct name {                \
    struct type* tqh_first;    \
    struct type** tqh_last;    \
  }
#define TAILQ_HEAD_INITIALIZER(head) {NULL, &(head).tqh_first}
#define TAILQ_ENTRY(type)   \
  struct {                  \
    struct type* tqe_next;  \
    struct type** tqe_prev; \
  }
#define TAILQ_FIRST(head) ((head)->tqh_first)
#define TAILQ_NEXT(elm, field) ((elm)->field.tqe_next)
#define TAILQ_EMPTY(head) (TAILQ_FIRST(head) == NULL)
/* An entry looks like a head: what is before an element is the tail of what ends there.
 */
#define TAILQ_LAST(head, headname) \
  (*(((struct headname*)(void*)((head)->tqh_last))->tqh_last))
#define TAILQ_PREV(elm, headname, field) \
  (*(((struct headname*)(void*)((elm)->field.tqe_prev))->tqh_last))
#define TAILQ_INIT(head)                   \
  do {                                     \
    TAILQ_FIRST(head) = NULL;              \
    (head)->tqh_last = &TAILQ_FIRST(head); \
  } while (0)
#define TAILQ_FOREACH(var, head, field) \
  for ((var) = TAILQ_FIRST(head); (var) != NULL; (var) = TAILQ_NEXT(var, field))
#define TAILQ_FOREACH_REVERSE(var, head, headname, field) \
  for ((var) = TAILQ_LAST(head, headname); (var) != NULL; \
       (var) = TAILQ_PREV(var, headname, field))
#define TAILQ_INSERT_HEAD(head, elm, field)                        \
  do {                                                             \
    TAILQ_NEXT(elm, field) = TAILQ_FIRST(head);                    \
    if (TAILQ_FIRST(head) != NULL) {                               \
      TAILQ_FIRST(head)->field.tqe_prev = &TAILQ_NEXT(elm, field); \
    } else {                                                       \
      (head)->tqh_last = &TAILQ_NEXT(elm, field);                  \
    }                                                              \
    TAILQ_FIRST(head) = (elm);                                     \
    (elm)->field.tqe_prev = &TAILQ_FIRST(head);                    \
  } while (0)
#define TAILQ_INSERT_TAIL(head, elm, field)     \
  do {                                          \
    TAILQ_NEXT(elm, field) = NULL;              \
    (elm)->field.tqe_prev = (head)->tqh_last;   \
    *(head)->tqh_last = (elm);                  \
    (head)->tqh_last = &TAILQ_NEXT(elm, field); \
  } while (0)
#define TAILQ_INSERT_AFTER(head, listelm, elm, field)                   \
  do {                                                                  \
    TAILQ_NEXT(elm, field) = TAILQ_NEXT(listelm, field);                \
    if (TAILQ_NEXT(elm, field) != NULL) {                               \
      TAILQ_NEXT(elm, field)->field.tqe_prev = &TAILQ_NEXT(elm, field); \
    } else {                                                            \
      (head)->tqh_last = &TAILQ_NEXT(elm, field);                       \
    }                                                                   \
    TAILQ_NEXT(listelm, field) = (elm);                                 \
    (elm)->field.tqe_prev = &TAILQ_NEXT(listelm, field);                \
  } while (0)
#define TAILQ_INSERT_BEFORE(listelm, elm, field)         \
  do {                                                   \
    (elm)->field.tqe_prev = (listelm)->field.tqe_prev;   \
    TAILQ_NEXT(elm, field) = (listelm);                  \
    *(listelm)->field.tqe_prev = (elm);                  \
    (listelm)->field.tqe_prev = &TAILQ_NEXT(elm, field); \
  } while (0)
#define TAILQ_REMOVE(head, elm, field)                                \
  do {                                                                \
    if (TAILQ_NEXT(elm, field) != NULL) {                             \
      TAILQ_NEXT(elm, field)->field.tqe_prev = (elm)->field.tqe_prev; \
    } else {                                                          \
      (head)->tqh_last = (elm)->field.tqe_prev;                       \
    }                                                                 \
    *(elm)->field.tqe_prev = TAILQ_NEXT(elm, field);                  \
  } while (0)
#endif /* TAILQ_HEAD */

/* Doubly linked rings: the head is the end in both directions. */
#ifndef CIRCLEQ_HEAD
#define CIRCLEQ_HEAD(name, type) \
  struct name {                  \
    struct type* cqh_first;      \
    struct type* cqh_last;       \
  }
#define CIRCLEQ_HEAD_INITIALIZER(head) {(void*)&(head), (void*)&(head)}
#define CIRCLEQ_ENTRY(type) \
  struct {                  \
    struct type* cqe_next;  \
    struct type* cqe_prev;  \
  }
#define CIRCLEQ_FIRST(head) ((head)->cqh_first)
#define CIRCLEQ_LAST(head) ((head)->cqh_last)
#define CIRCLEQ_NEXT(elm, field) ((elm)->field.cqe_next)
#define CIRCLEQ_PREV(elm, field) ((elm)->field.cqe_prev)
#define CIRCLEQ_EMPTY(head) (CIRCLEQ_FIRST(head) == (void*)(head))
#define CIRCLEQ_INIT(head)               \
  do {                                   \
    CIRCLEQ_FIRST(head) = (void*)(head); \
    CIRCLEQ_LAST(head) = (void*)(head);  \
  } while (0)
#define CIRCLEQ_FOREACH(var, head, field)                          \
  for ((var) = CIRCLEQ_FIRST(head); (void*)(var) != (void*)(head); \
       (var) = CIRCLEQ_NEXT(var, field))
#define CIRCLEQ_FOREACH_REVERSE(var, head, field)                 \
  for ((var) = CIRCLEQ_LAST(head); (void*)(var) != (void*)(head); \
       (var) = CIRCLEQ_PREV(var, field))
#define CIRCLEQ_INSERT_HEAD(head, elm, field)           \
  do {                                                  \
    CIRCLEQ_NEXT(elm, field) = CIRCLEQ_FIRST(head);     \
    CIRCLEQ_PREV(elm, field) = (void*)(head);           \
    if (CIRCLEQ_EMPTY(head)) {                          \
      CIRCLEQ_LAST(head) = (elm);                       \
    } else {                                            \
      CIRCLEQ_PREV(CIRCLEQ_FIRST(head), field) = (elm); \
    }                                                   \
    CIRCLEQ_FIRST(head) = (elm);                        \
  } while (0)
#define CIRCLEQ_INSERT_TAIL(head, elm, field)          \
  do {                                                 \
    CIRCLEQ_NEXT(elm, field) = (void*)(head);          \
    CIRCLEQ_PREV(elm, field) = CIRCLEQ_LAST(head);     \
    if (CIRCLEQ_EMPTY(head)) {                         \
      CIRCLEQ_FIRST(head) = (elm);                     \
    } else {                                           \
      CIRCLEQ_NEXT(CIRCLEQ_LAST(head), field) = (elm); \
    }                                                  \
    CIRCLEQ_LAST(head) = (elm);                        \
  } while (0)
#define CIRCLEQ_INSERT_AFTER(head, listelm, elm, field)          \
  do {                                                           \
    CIRCLEQ_NEXT(elm, field) = CIRCLEQ_NEXT(listelm, field);     \
    CIRCLEQ_PREV(elm, field) = (listelm);                        \
    if ((void*)CIRCLEQ_NEXT(listelm, field) == (void*)(head)) {  \
      CIRCLEQ_LAST(head) = (elm);                                \
    } else {                                                     \
      CIRCLEQ_PREV(CIRCLEQ_NEXT(listelm, field), field) = (elm); \
    }                                                            \
    CIRCLEQ_NEXT(listelm, field) = (elm);                        \
  } while (0)
#define CIRCLEQ_INSERT_BEFORE(head, listelm, elm, field)         \
  do {                                                           \
    CIRCLEQ_NEXT(elm, field) = (listelm);                        \
    CIRCLEQ_PREV(elm, field) = CIRCLEQ_PREV(listelm, field);     \
    if ((void*)CIRCLEQ_PREV(listelm, field) == (void*)(head)) {  \
      CIRCLEQ_FIRST(head) = (elm);                               \
    } else {                                                     \
      CIRCLEQ_NEXT(CIRCLEQ_PREV(listelm, field), field) = (elm); \
    }                                                            \
    CIRCLEQ_PREV(listelm, field) = (elm);                        \
  } while (0)
#define CIRCLEQ_REMOVE(head, elm, field)                                        \
  do {                                                                          \
    if ((void*)CIRCLEQ_NEXT(elm, field) == (void*)(head)) {                     \
      CIRCLEQ_LAST(head) = CIRCLEQ_PREV(elm, field);                            \
    } else {                                                                    \
      CIRCLEQ_PREV(CIRCLEQ_NEXT(elm, field), field) = CIRCLEQ_PREV(elm, field); \
    }                                                                           \
    if ((void*)CIRCLEQ_PREV(elm, field) == (void*)(head)) {                     \
      CIRCLEQ_FIRST(head) = CIRCLEQ_NEXT(elm, field);                           \
    } else {                                                                    \
      CIRCLEQ_NEXT(CIRCLEQ_PREV(elm, field), field) = CIRCLEQ_NEXT(elm, field); \
    }                                                                           \
  } while (0)
#endif /* CIRCLEQ_HEAD */

#endif /* _QUEUE_H_ */
