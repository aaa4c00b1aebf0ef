/* A PKCS#11 module that passes each call to SoftHSM, writes the name of some into a log, and fails or hangs if a file says so.
 *
 * In the directory FAULTS:
 *   calls             the log
 *   fail-C_Sign       "CODE COUNT": so many of the next calls fail with this code (hexadecimal)
 *   hang-C_Sign       such calls hang as long as this file exists
 *   token-flags       bits that C_GetTokenInfo adds to the flags (hexadecimal)
 *   hide-mechanism    a mechanism that C_GetMechanismList leaves out (hexadecimal)
 *   close-sessions    C_SignInit closes all sessions of the token first, and removes this file
 *   force-attribute   "TYPE VALUE": a boolean attribute that each object has (hexadecimal)
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long CK_ULONG;
typedef CK_ULONG (*function)();
struct list { unsigned char version[2]; function functions[68]; };
struct attribute { CK_ULONG type; void *value; CK_ULONG length; };

static struct list real, ours;

static FILE *file(const char *kind, const char *name, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", getenv("FAULTS"), kind, name);
    return fopen(path, mode);
}

static CK_ULONG fault(const char *name) {
    FILE *log = file("calls", "", "a");
    if (log) { fprintf(log, "%s\n", name); fclose(log); }
    FILE *hang;
    while ((hang = file("hang-", name, "r"))) { fclose(hang); usleep(1000); }
    CK_ULONG code = 0, count = 0;
    FILE *fail = file("fail-", name, "r");
    if (!fail) return 0;
    if (fscanf(fail, "%lx %lu", &code, &count) != 2) count = 0;
    fclose(fail);
    if (!count) return 0;
    if ((fail = file("fail-", name, "w"))) { fprintf(fail, "%lx %lu", code, count - 1); fclose(fail); }
    return code;
}

static int number(const char *name, CK_ULONG *one, CK_ULONG *two) {
    FILE *input = file(name, "", "r");
    if (!input) return 0;
    int read = fscanf(input, "%lx %lx", one, two);
    fclose(input);
    return read > 0;
}

#define WRAPPED(index, name) \
    static CK_ULONG wrapped_##name(CK_ULONG a, CK_ULONG b, CK_ULONG c, CK_ULONG d, CK_ULONG e, CK_ULONG f, CK_ULONG g, CK_ULONG h) { \
        CK_ULONG code = fault(#name); \
        return code ? code : real.functions[index](a, b, c, d, e, f, g, h); \
    }
WRAPPED(0, C_Initialize)
WRAPPED(1, C_Finalize)
WRAPPED(4, C_GetSlotList)
WRAPPED(12, C_OpenSession)
WRAPPED(18, C_Login)
WRAPPED(43, C_Sign)
WRAPPED(59, C_GenerateKeyPair)

static CK_ULONG sign_init(CK_ULONG session, void *mechanism, CK_ULONG key) {
    CK_ULONG info[8], unused = 0;
    if (number("close-sessions", &unused, &unused)) {
        char path[4096];
        snprintf(path, sizeof path, "%s/close-sessions", getenv("FAULTS"));
        unlink(path);
        /* The slot is the first of what it returns. */
        if (!real.functions[15](session, info)) real.functions[14](info[0]);
    }
    CK_ULONG code = fault("C_SignInit");
    return code ? code : real.functions[42](session, mechanism, key);
}

static CK_ULONG token_info(CK_ULONG slot, char *info) {
    CK_ULONG code = real.functions[6](slot, info), flags = 0, unused = 0;
    /* The flags follow label, manufacturer, model and serial number. */
    if (!code && number("token-flags", &flags, &unused)) *(CK_ULONG *)(info + 96) |= flags;
    return code;
}

static CK_ULONG mechanism_list(CK_ULONG slot, CK_ULONG *list, CK_ULONG *count) {
    CK_ULONG code = real.functions[7](slot, list, count), hidden = 0, unused = 0;
    if (!code && list && number("hide-mechanism", &hidden, &unused))
        for (CK_ULONG at = 0; at < *count; at++)
            if (list[at] == hidden) list[at--] = list[--*count];
    return code;
}

static CK_ULONG attribute_value(CK_ULONG session, CK_ULONG object, struct attribute *attributes, CK_ULONG count) {
    CK_ULONG code = real.functions[24](session, object, attributes, count), type = 0, value = 0;
    if (number("force-attribute", &type, &value))
        for (CK_ULONG at = 0; at < count; at++)
            if (attributes[at].type == type && attributes[at].value) {
                *(unsigned char *)attributes[at].value = (unsigned char)value;
                attributes[at].length = 1;
            }
    return code;
}

CK_ULONG C_GetFunctionList(struct list **list) {
    void *softhsm = dlopen(getenv("SOFTHSM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    function get = softhsm ? (function)dlsym(softhsm, "C_GetFunctionList") : NULL;
    struct list *theirs = NULL;
    if (!get || get(&theirs)) return 5;
    memcpy(&real, theirs, sizeof real);
    ours = real;
    ours.functions[0] = wrapped_C_Initialize;
    ours.functions[1] = wrapped_C_Finalize;
    ours.functions[4] = wrapped_C_GetSlotList;
    ours.functions[6] = (function)token_info;
    ours.functions[7] = (function)mechanism_list;
    ours.functions[12] = wrapped_C_OpenSession;
    ours.functions[18] = wrapped_C_Login;
    ours.functions[24] = (function)attribute_value;
    ours.functions[42] = (function)sign_init;
    ours.functions[43] = wrapped_C_Sign;
    ours.functions[59] = wrapped_C_GenerateKeyPair;
    *list = &ours;
    return 0;
}
