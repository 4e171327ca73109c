package io.github.resilientkafka.guest.customer;

import org.springframework.data.repository.CrudRepository;

/**
 * A repository of the application's own.
 */
public interface CustomerRepository extends CrudRepository<Customer, String> {}
