/* tree_config_words — the words of tree_config's choices, as XGBoost spells them. */
#ifndef QUERN_MODEL_TREE_CONFIG_WORDS_H
#define QUERN_MODEL_TREE_CONFIG_WORDS_H

extern const char *const tree_boosters[], *const tree_methods[], *const tree_grow_policies[];
extern const char *const tree_sample_types[], *const tree_normalize_types[];

#endif
