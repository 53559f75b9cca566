"""What an installation of semclear can do on the computer that it stands on."""
