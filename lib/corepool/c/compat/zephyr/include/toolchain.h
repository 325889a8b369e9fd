/* What programs use of the original's header of that name, as far as it can matter. */

#ifndef _TOOLCHAIN_H
#define _TOOLCHAIN_H

#ifndef ARG_UNUSED
#define ARG_UNUSED(x) (void)(x)
#endif
#ifndef __aligned
#define __aligned(x) __attribute__((__aligned__(x)))
#endif

#endif /* _TOOLCHAIN_H */
