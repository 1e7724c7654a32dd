/* SPDX-License-Identifier: ISC */
/*
 * What the files of the OpenVZ driver share. One driver speaks two dialects: vzctl
 * of OpenVZ 4, and prlctl of OpenVZ 7, where ids, options and the way the root file
 * system lies on the host differ. What differs is a row of struct dialect; openvz.c
 * has what is the same.
 */
#ifndef BERTH_OPENVZ_H
#define BERTH_OPENVZ_H

#include "model/driver.h"
#include "model/os.h"

struct dialect;

/* What every step of one guest is made with. */
struct vz {
	const struct guest *g;
	const struct facts *f;
	struct plan *p;
	const struct dialect *d;
	const char *tool;               /* where the host has vzctl or prlctl */
	const char *id;                 /* what that calls the container: its number, or its name */
};

/* How an interface is connected. */
enum vz_link {
	VZ_NONE,
	VZ_VENET,       /* the host's own: it gives and routes the address */
	VZ_VETH,        /* a cable, to a bridge or to the host */
};

struct vz_nic {
	const struct nic *nic;
	enum vz_link link;
	const char *name;               /* inside */
	const char *host;               /* the host's end of a veth */
	const char *mac;
	const char *bridge;             /* NULL: to the host itself */
	bool routed;                    /* the host passes on what comes in there */
};

struct dialect {
	const char *tool;
	struct { const char *word, *option; } verbs[VERB_COUNT];        /* the plain ones: tool word id [option] */
	const struct step_status *statuses;     /* what it ends with */
	const char *quiet;                      /* keeps its own words out of those of a command inside; NULL: it has none */
	const char *enter, *console;            /* words for a command inside, and for the terminal */

	const char *(*id)(const struct guest *g, struct arena *a);

	/* Steps after which vz_create() finds the template of that name. NULL: its tool sees to it. */
	int (*fetch)(struct vz *v, const char *template, struct err *e);

	void (*create)(struct vz *v, const char *template);
	void (*limits)(struct vz *v);           /* processors, memory, disk, and no start at boot */
	int (*plug)(struct vz *v, const struct vz_nic *n, struct err *e);

	/* The root file system of a container that does not run: from open's steps to close's. */
	const char *(*open)(struct vz *v);
	void (*close)(struct vz *v);
	const char *(*settings)(struct vz *v);  /* the name of the file with its own settings */

	/* What stands on the host. */
	const char *const *(*survey)(const struct facts *f, struct arena *a);
	int (*parse)(const struct reply *r, struct roster *out, struct err *e);
};

extern const struct dialect openvz_vzctl, openvz_prlctl;

/* The dialect of this host, or the one the guest wants; NULL: neither tool is here. */
const struct dialect *vz_dialect(const struct guest *g, const struct facts *f);

/* Begin with a guest. ERR_NOT_FOUND when there is no OpenVZ on this host. */
int vz_begin(struct vz *v, const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/* A step: tool word id more... */
struct step *vz_run(struct vz *v, const char *why, const char *word, const char *const *more);

/* The step of a plain verb. */
struct step *vz_verb(struct vz *v, const char *why, enum verb verb);

/*
 * The number of a guest: its name where that is one OpenVZ can use, else one derived
 * from the name, always the same.
 */
const char *vz_ctid(const struct guest *g, struct arena *a);
bool vz_is_number(const char *name);

/* "--nameserver ADDRESS" for each one the guest has: without, OpenVZ puts the host's into it at every start. */
void vz_nameservers(struct vz *v, struct words *w);

/* The largest unit that divides it: "2G", "1536M". For the memory and disks of both dialects. */
char *vz_amount(uint64_t bytes, struct arena *a);

/* openvz_net.c: what an interface of the machine file becomes; ERR_UNSUPPORTED or ERR_INVALID with what to type. */
int vz_nic(const struct vz *v, size_t nth, struct vz_nic *out, struct err *e);
int vz_plug(struct vz *v, struct err *e);       /* all of them */
int vz_route(struct vz *v, struct err *e);      /* after every start: what the host does for a veth without a bridge */

/* openvz_template.c: the name of the template, and steps that fetch it where it is not cached. */
const char *vz_template(const struct guest *g, const struct facts *f, const struct os *os);
int vz_fetch(struct vz *v, const char *template, struct err *e);

/* openvz_export.c */
int vz_export(const struct guest *g, const struct facts *f, struct plan *p, struct err *e);

/* openvz_survey.c */
int vz_survey(const struct facts *f, struct plan *p, struct err *e);
int vz_parse(const struct facts *f, const struct reply *replies, size_t n, struct roster *out, struct err *e);
int vz_parse_vzlist(const struct reply *r, struct roster *out, struct err *e);
int vz_parse_prlctl(const struct reply *r, struct roster *out, struct err *e);

#endif
