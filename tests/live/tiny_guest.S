/* SPDX-License-Identifier: ISC */
/*
 * The smallest guest that behaves like one: a boot sector that greets on the serial
 * console, echoes what is typed there, and obeys the power button. PM1 event and
 * control registers are where SeaBIOS puts them on the q35 and pc machines.
 */
	.section .rodata
	.globl tiny_guest
	.type tiny_guest, %object
	.balign 16
tiny_guest:
#define AT(label) (0x7c00 + (label) - tiny_guest)
#define SERIAL 0x3f8
#define PM1_STATUS 0x600
#define PM1_ENABLE 0x602
#define PM1_CONTROL 0x604
#define POWER_BUTTON 0x0100

	.code16
	cli
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x7c00, %sp
	ljmp $0, $AT(start)
start:
	movw $PM1_ENABLE, %dx		/* first: who has read the greeting may press the button */
	movw $POWER_BUTTON, %ax
	outw %ax, %dx
	movw $AT(greeting), %si
	call say
	/*
	 * The BIOS's own timer handler would read what is typed before we do, where it
	 * has its console on the serial line (graphics=off).
	 */
	movw $AT(tick), 8 * 4
	movw $0, 8 * 4 + 2
	sti
idle:
	hlt				/* the timer wakes us 18 times a second */
	movw $PM1_STATUS, %dx
	inw %dx, %ax
	testw $POWER_BUTTON, %ax
	jz echo
	movw $AT(farewell), %si
	call say
	movw $PM1_CONTROL, %dx
	movw $0x2000, %ax		/* SLP_EN, S5 */
	outw %ax, %dx
echo:
	movw $SERIAL + 5, %dx
	inb %dx, %al
	testb $1, %al
	jz idle
	movw $SERIAL, %dx
	inb %dx, %al
	outb %al, %dx
	jmp echo
tick:
	pushw %ax
	movb $0x20, %al			/* end of interrupt */
	outb %al, $0x20
	popw %ax
	iret
say:
	movw $SERIAL, %dx
1:	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp 1b
2:	ret
greeting:
	.asciz "\r\ntiny guest login: "
farewell:
	.asciz "\r\npower button, bye\r\n"

	.org tiny_guest + 510
	.word 0xaa55
	.code64
	.section .note.GNU-stack, "", %progbits
