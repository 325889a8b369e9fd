/* Critical sections, as MicroTBX has them: one for the whole program, to be entered any
 * number of times by who is in it. Neither heap nor pools use it.
 */

#ifndef TBX_CRITSECT_H
#define TBX_CRITSECT_H

#ifdef __cplusplus
extern "C" {
#endif

/* Any thread or interrupt handler; waits for another core's to be left. To exit while
 * nobody is inside is misuse: it asserts, and changes nothing.
 */
void TbxCriticalSectionEnter(void);
void TbxCriticalSectionExit(void);

#ifdef __cplusplus
}
#endif

#endif /* TBX_CRITSECT_H */
