from services.adapters.credentials import Argon2Passwords, RandomSecrets


def test_a_password_fits_its_own_hash_only() -> None:
    passwords = Argon2Passwords()
    hashed = passwords.hash("邻里-1")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.fits(hashed, "邻里-1")
    assert not passwords.fits(hashed, "邻里-2")
    assert passwords.hash("邻里-1") != hashed


def test_what_is_no_hash_fits_nothing() -> None:
    assert not Argon2Passwords().fits("plain", "plain")


def test_words_are_long_and_never_the_same() -> None:
    words = {RandomSecrets().word() for _ in range(100)}
    assert len(words) == 100
    assert all(len(word) >= 43 and word.replace("-", "").replace("_", "").isalnum() for word in words)
