-- Offsets of one log: evhost migrate leaves it empty, and sources get numbers no batch has had.
COMMENT ON TABLE audit_source IS 'evh: follows the log';
