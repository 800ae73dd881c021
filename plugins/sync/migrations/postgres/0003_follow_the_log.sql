-- Both name offsets of one log: evhost migrate leaves them empty, and clients load anew.
COMMENT ON TABLE sync_feed IS 'evh: follows the log';
COMMENT ON TABLE sync_progress IS 'evh: follows the log';
