/* For programs that print. */

#ifndef _PRINTK_H_
#define _PRINTK_H_

#include <stdio.h>

#define printk printf

#endif /* _PRINTK_H_ */
