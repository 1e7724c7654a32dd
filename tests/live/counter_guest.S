/* SPDX-License-Identifier: ISC */
/*
 * A guest that counts: a boot sector that says A to Z on the serial console, over and
 * over, a letter for every four ticks of the timer. The next letter is in a register
 * and nowhere else, so whoever goes on with the right one has had its state kept.
 */
	.section .rodata
	.code16
counter_guest:
#define AT(label) (0x7c00 + (label) - counter_guest)
#define SERIAL 0x3f8
	cli
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x7c00, %sp
	ljmp $0, $AT(start)
start:
	movw $AT(tick), 8 * 4
	movw $0, 8 * 4 + 2
	movw $SERIAL, %dx
	movb $':', %al
	outb %al, %dx
	xorw %cx, %cx
again:
	movb $'A', %bl
	sti
next:
	hlt
	incw %cx
	testw $3, %cx
	jnz next
	movb %bl, %al
	outb %al, %dx
	incb %bl
	cmpb $'Z' + 1, %bl
	jne next
	jmp again
tick:
	pushw %ax
	movb $0x20, %al			/* end of interrupt */
	outb %al, $0x20
	popw %ax
	iret

	.org counter_guest + 510
	.word 0xaa55
	.section .note.GNU-stack, "", %progbits
