/* SPDX-License-Identifier: ISC */
/*
 * The guest that decides whether KVM works here: a boot sector that goes the way
 * every operating system goes, real mode to protected mode to long mode, and then
 * executes what a kernel's first milliseconds need and a half-working KVM cannot
 * do: atomic 16-byte exchange, saving and restoring of the FPU state.
 *
 * It writes a letter to the debug console (port 0xe9) at every stage, so that a
 * failure has a place, and ends by writing to the isa-debug-exit device, so that
 * only a guest that came to its end produces the status KVM_GUEST_DONE (probe_kvm.h).
 *
 * The sector is data to berth and is linked at no particular address: AT() turns a
 * label into the address it has after the BIOS has loaded it.
 */
	.section .rodata
	.globl kvm_guest
	.type kvm_guest, %object
	.balign 16
kvm_guest:
#ifdef __x86_64__
#define AT(label) (0x7c00 + (label) - kvm_guest)
#define STAGE(letter) movb $letter, %al; outb %al, $0xe9

#define PML4 0x1000
#define PDPT 0x2000
#define PD   0x3000
#define SAVE 0x4000

	.code16
	cli
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x7c00, %sp
	ljmp $0, $AT(real)
real:
	STAGE('R')
	lgdtw AT(gdt_pointer)
	movl %cr0, %eax
	orb $1, %al			/* PE */
	movl %eax, %cr0
	ljmp $8, $AT(protected)

	.code32
protected:
	movw $16, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	STAGE('P')
	xorl %eax, %eax			/* tables and save area start out empty */
	movl $PML4, %edi
	movl $(0x5000 - PML4) / 4, %ecx
	cld
	rep stosl
	movl $PDPT + 3, PML4
	movl $PD + 3, PDPT
	movl $0x83, PD			/* the first 2 MiB onto themselves */
	movl $PML4, %eax
	movl %eax, %cr3
	movl %cr4, %eax
	orl $0x220, %eax		/* PAE, OSFXSR */
	movl %eax, %cr4
	movl $0xc0000080, %ecx		/* EFER */
	rdmsr
	orl $0x100, %eax		/* LME */
	wrmsr
	movl %cr0, %eax
	andl $~4, %eax			/* EM off: there is an FPU */
	orl $0x80000002, %eax		/* PG, MP */
	movl %eax, %cr0
	ljmp $24, $AT(long)

	.code64
long:
	STAGE('L')
	movl $1, %eax
	cpuid
	movl %ecx, %ebp
	btl $13, %ebp			/* CX16 */
	jnc 1f
	xorl %eax, %eax
	xorl %edx, %edx
	movl $1, %ebx
	movl $2, %ecx
	lock cmpxchg16b SAVE
	jnz failed
	cmpq $2, SAVE + 8
	jne failed
1:
	STAGE('X')
	fninit
	fxsave64 SAVE
	fxrstor64 SAVE
	STAGE('F')
	btl $26, %ebp			/* XSAVE */
	jnc done
	movq %cr4, %rax
	orl $0x40000, %eax		/* OSXSAVE */
	movq %rax, %cr4
	xorl %ecx, %ecx
	xorl %edx, %edx
	movl $3, %eax			/* x87 and SSE: there on every machine with XSAVE */
	xsetbv
	xsave64 SAVE
	xrstor64 SAVE
done:
	STAGE('D')
	movb $0x21, %al
	outb %al, $0xf4
failed:
	hlt
	jmp failed

	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9a000000ffff	/* 8: 32-bit code */
	.quad 0x00cf92000000ffff	/* 16: data */
	.quad 0x00af9a000000ffff	/* 24: 64-bit code */
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long AT(gdt)

	.org kvm_guest + 510
	.word 0xaa55
	.code64
#endif
	.section .note.GNU-stack, "", %progbits
