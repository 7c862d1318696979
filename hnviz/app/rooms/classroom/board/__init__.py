"""The board: address, code and QR code of the class, and how many are here."""
