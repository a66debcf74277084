"""What every suite shares: installing, serving, looking, counting."""
