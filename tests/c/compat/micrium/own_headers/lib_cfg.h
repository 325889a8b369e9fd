/* A program without a heap. */

#ifndef OWN_LIB_CFG_H
#define OWN_LIB_CFG_H

#define LIB_MEM_CFG_ARG_CHK_EXT_EN DEF_ENABLED
#define LIB_MEM_CFG_DBG_INFO_EN DEF_DISABLED
#define LIB_MEM_CFG_HEAP_SIZE 0u

#endif /* OWN_LIB_CFG_H */
