"""What tests of several rooms share; holds no tests."""
