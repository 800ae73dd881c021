# evh_odb(): entity headers to persistence code; filled by its owner.
