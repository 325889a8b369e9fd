/* What programs use of the original's header of that name, as far as it can matter. */

#ifndef _SECTIONS_H
#define _SECTIONS_H

/* Memory that is not cleared at the start: here it is. */
#ifndef __noinit
#define __noinit
#endif

#endif /* _SECTIONS_H */
