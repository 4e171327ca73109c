package io.github.resilientkafka.guest.customer;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/**
 * An entity of the application's own.
 */
@Entity
public class Customer {

    @Id
    private String name;

    protected Customer() {}

    public Customer(String name) {
        this.name = name;
    }

    public String getName() {
        return this.name;
    }
}
