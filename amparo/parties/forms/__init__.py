"""What the screens of this module ask. Forms hand what they cleaned to an action; they never save."""
