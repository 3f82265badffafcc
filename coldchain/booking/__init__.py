"""The shared platform's daily business: free room and free lorries, booked by members beside a plan."""
