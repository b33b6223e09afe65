#include "experiment/config_impl.h"

bool sx_key_chosen_before(sx_train_config *c, const sx_yaml_value *v, sx_error *err) {
    (void)c;
    (void)v;
    (void)err;
    return true;
}

static const sx_key general_keys[] = {
    KEY_UNUSED("VERSION", SX_KEY_NOT_READ),
    KEY_LONG("SEED", seed, -1, 2147483647),
    { .name = "OUTPUT_DIR", .kind = SX_KEY_TEXT, KEY_AT(out), .read_only = true },
    KEY_UNUSED("CUDNN_BENCHMARK", SX_KEY_MACHINE),
    KEY_UNUSED("VIS_PERIOD", SX_KEY_NOT_READ),
    KEY_UNUSED("GLOBAL.HACK", SX_KEY_NOT_READ),
    { .name = NULL },
};

const sx_key *sx_train_key(size_t i) {
    static const sx_key *const tables[] = { general_keys, sx_network_keys, sx_film_keys,
                                            sx_solver_keys };
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const sx_key *k = tables[t]; k->name; k++)
            if (i-- == 0) return k;
    return NULL;
}
