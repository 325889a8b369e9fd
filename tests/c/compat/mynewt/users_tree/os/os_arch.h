/* As a user's architecture has it, for headers_test. */

#ifndef _OS_ARCH_OF_USER_H
#define _OS_ARCH_OF_USER_H

#define OS_ALIGNMENT (4)

#endif
