"""Questions about overload rates and their answers, for whoever asks: the HTTP API, or a person at a terminal."""
