"""The pages that recipients see and act on, made by the server: without script, in the language of the reader."""
