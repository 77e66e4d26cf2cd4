"""What providers tell afterwards: delivered, opened, failed, replied, unsubscribed."""
