package io.github.resilientkafka.guest;

import org.springframework.data.repository.CrudRepository;

/**
 * A repository of the application's own.
 */
public interface GuestRepository extends CrudRepository<Guest, String> {}
