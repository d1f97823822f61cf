DROP TABLE partner_books;
